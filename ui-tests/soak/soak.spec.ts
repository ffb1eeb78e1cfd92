import {
  appendFileSync,
  readdirSync,
  readFileSync,
  writeFileSync
} from 'node:fs';
import path from 'node:path';
import type { NotebookPanel } from '@jupyterlab/notebook';
import type { Dialog, WebSocketRoute } from '@playwright/test';

import type { NotebookWithJobs } from '../tests/jobs';
import { expect, RECORD_MIME_TYPE, test } from '../tests/jobs';

const MINUTES = Number(process.env.JLJ_SOAK_MINUTES ?? 30);
const SEED = Number(process.env.JLJ_SOAK_SEED ?? Date.now() % 1_000_000);

/** How long the page may take to show what a job that has ended has written. */
const PATIENCE = 30_000;

/** The cells: the first ones help, the others have jobs. */
const SETUP = 0;
const SPIN = 1;
const FIRST_JOB = 2;
const JOBS = 10;

/**
 * Every line that is printed is also written to a file, before: the last one of a job
 * that is killed may be in the file alone.
 */
const SETUP_CODE = `
import collections, random, sys, threading, time
runs = collections.Counter()
def say(cell, run, part, count, pause):
    with open(f"{cell}.{run}.{part}.log", "a", buffering=1) as log:
        for number in range(count):
            line = f"{cell}.{run}.{part}.{number}"
            log.write(line + "\\n")
            print(line, file=sys.stderr if number % 7 == 6 else sys.stdout)
            time.sleep(pause * random.random())
def new_run(cell):
    runs[cell] += 1
    return runs[cell]
def talk(cell):
    say(cell, new_run(cell), "job", random.choice([3, 30, 300, 3000]), random.choice([0.0, 0.001, 0.01, 0.1]))
`;

/** What a cell with a job does; some also write in the foreground. */
function codeOf(index: number): string {
  if (index % 3 === 2) {
    return [
      `run = new_run(${index})`,
      `say(${index}, run, "before", 3, 0)`,
      `%job say(${index}, run, "job", random.choice([10, 1000]), 0.01)`,
      `say(${index}, run, "after", 3, 0)`
    ].join('\n');
  }
  return `%job talk(${index})`;
}

/** A generator of pseudo-random numbers below a limit. */
function random(seed: number): (limit: number) => number {
  let value = seed;
  return limit => {
    value = (Math.imul(value, 1664525) + 1013904223) >>> 0;
    return Math.floor((value / 2 ** 32) * limit);
  };
}

/** What has gone wrong with the lines of one run. */
interface IVerdict {
  lost: number;
  doubled: number;
  misplaced: number;
}

const tally = {
  seed: SEED,
  lines: 0,
  runs: 0,
  kills: 0,
  reloads: 0,
  disconnects: 0,
  lost: 0,
  doubled: 0,
  misplaced: 0
};

test('random jobs, kills, reloads and interrupted connections lose no line', async ({
  openNotebook,
  page,
  tmpPath
}) => {
  test.setTimeout((MINUTES + 10) * 60_000);
  const below = random(SEED);
  const directory = path.join(
    process.env.JLJ_HOME_jupyterlab!,
    'root',
    tmpPath
  );
  const report = process.env.JLJ_BENCH_RESULTS!;
  const journal = (text: string) =>
    appendFileSync(`${report}.log`, `${new Date().toISOString()} ${text}\n`);

  let connections: WebSocketRoute[] = [];
  let isOffline = false;
  await page.routeWebSocket(/\/api\/kernels\/.*\/channels/, route => {
    if (isOffline) {
      void route.close({ code: 1006 });
    } else {
      connections.push(route);
      route.connectToServer();
    }
  });
  page.on('dialog', (dialog: Dialog) => void dialog.accept());

  const notebook = await openNotebook([
    SETUP_CODE,
    'end = time.monotonic() + random.random() * 4\nwhile time.monotonic() < end: pass',
    ...Array.from({ length: JOBS }, (_, index) => codeOf(FIRST_JOB + index))
  ]);
  await notebook.run(SETUP);
  await notebook.toHaveNumber(SETUP, 1);
  await notebook.openPanel();

  /** The cells whose newest run was not looked at yet. */
  const open = new Set<number>();
  const end = Date.now() + MINUTES * 60_000;
  while (Date.now() < end) {
    const action = below(100);
    const cell = FIRST_JOB + below(JOBS);
    if (action < 50) {
      if (open.has(cell)) {
        if ((await stateOf(notebook, cell)) === 'running') {
          continue;
        }
        await check(notebook, directory, cell, journal);
      }
      journal(`run ${cell}`);
      await notebook.run(cell);
      open.add(cell);
      // It may still be on its way: its files tell when it has begun.
      tally.runs += 1;
      await expect
        .poll(() => newestRun(directory, cell), { timeout: PATIENCE })
        .toBe((runsOf.get(cell) ?? 0) + 1);
      runsOf.set(cell, (runsOf.get(cell) ?? 0) + 1);
    } else if (action < 60) {
      journal('spin');
      await notebook.run(SPIN);
    } else if (action < 75) {
      const buttons = notebook
        .section('running')
        .getByRole('button', { name: /^Kill job/ });
      const count = await buttons.count();
      if (count > 0) {
        // It may end at this very moment.
        await buttons
          .nth(below(count))
          .click({ timeout: 2_000 })
          .then(
            () => {
              journal('kill');
              tally.kills += 1;
            },
            () => undefined
          );
      }
    } else if (action < 80) {
      journal('reload');
      tally.reloads += 1;
      await page.reload();
      await page.locator('.jp-NotebookPanel').waitFor();
      connections = connections.slice(-1);
      await notebook.toBeConnected();
    } else if (action < 86) {
      const pause = 500 + below(5_000);
      journal(`disconnect for ${pause} ms`);
      tally.disconnects += 1;
      isOffline = true;
      await Promise.all(
        connections.splice(0).map(route => route.close({ code: 1006 }))
      );
      await page.waitForTimeout(pause);
      isOffline = false;
      await notebook.toBeConnected();
    } else {
      await page.waitForTimeout(below(1_000));
    }
  }
  for (const cell of open) {
    await expect
      .poll(() => stateOf(notebook, cell), { timeout: 5 * 60_000 })
      .not.toBe('running');
    await check(notebook, directory, cell, journal);
  }
  journal(JSON.stringify(tally));
  writeFileSync(report, JSON.stringify(tally));
  expect(Math.min(tally.lines, tally.kills, tally.reloads)).toBeGreaterThan(0);
  expect(tally).toMatchObject({ lost: 0, doubled: 0, misplaced: 0 });
});

const runsOf = new Map<number, number>();

/** What the record under a cell says of its job; `running` also before there is one. */
async function stateOf(
  notebook: NotebookWithJobs,
  cell: number
): Promise<string> {
  const outputs = await outputsOf(notebook, cell);
  for (const { data } of outputs) {
    const record = (data as Record<string, { state: string }> | undefined)?.[
      RECORD_MIME_TYPE
    ];
    if (record) {
      return record.state;
    }
  }
  return 'running';
}

/** The number of a cell's newest run, by the files that it has written. */
function newestRun(directory: string, cell: number): number {
  const runs = readdirSync(directory)
    .map(name => /^(\d+)\.(\d+)\.\w+\.log$/.exec(name))
    .filter(match => match?.[1] === `${cell}`)
    .map(match => Number(match![2]));
  return Math.max(0, ...runs);
}

/** Compare what a cell shows with what its newest run has printed. */
async function check(
  notebook: NotebookWithJobs,
  directory: string,
  cell: number,
  journal: (text: string) => void
): Promise<void> {
  const run = newestRun(directory, cell);
  let verdict: IVerdict = { lost: 0, doubled: 0, misplaced: 0 };
  let shown: string[] = [];
  await expect
    .poll(
      async () => {
        shown = await shownLines(notebook, cell);
        const wasKilled = (await stateOf(notebook, cell)) === 'killed';
        verdict = judge(shown, printedLines(directory, cell, run), wasKilled);
        return verdict.lost + verdict.doubled + verdict.misplaced;
      },
      { timeout: PATIENCE }
    )
    .toBe(0)
    .catch(() => undefined);
  tally.lines += shown.length;
  tally.lost += verdict.lost;
  tally.doubled += verdict.doubled;
  tally.misplaced += verdict.misplaced;
  journal(`check ${cell}.${run}: ${shown.length} lines`);
  if (verdict.lost + verdict.doubled + verdict.misplaced > 0) {
    journal(`WRONG ${JSON.stringify(verdict)}`);
    writeFileSync(
      `${process.env.JLJ_BENCH_RESULTS!}.${cell}.${run}.json`,
      JSON.stringify({ shown, printed: printedLines(directory, cell, run) })
    );
  }
}

/** The lines that stand under a cell. */
async function shownLines(
  notebook: NotebookWithJobs,
  cell: number
): Promise<string[]> {
  return (await outputsOf(notebook, cell))
    .filter(output => output.output_type === 'stream')
    .map(({ text }) => (Array.isArray(text) ? text.join('') : String(text)))
    .join('')
    .split('\n')
    .filter(line => line !== '');
}

/** What stands under a cell; what is out of sight is not drawn, so the model is asked. */
function outputsOf(
  notebook: NotebookWithJobs,
  cell: number
): Promise<Record<string, unknown>[]> {
  return notebook.page.evaluate(index => {
    const { content } = window.jupyterapp.shell.currentWidget as NotebookPanel;
    const { sharedModel } = content.widgets[index].model;
    return sharedModel.toJSON().outputs as Record<string, unknown>[];
  }, cell);
}

/** What each part of a run has printed, by its own account. */
function printedLines(
  directory: string,
  cell: number,
  run: number
): Map<string, string[]> {
  const parts = new Map<string, string[]>();
  for (const name of readdirSync(directory)) {
    const match = /^(\d+)\.(\d+)\.(\w+)\.log$/.exec(name);
    if (match?.[1] === `${cell}` && match[2] === `${run}`) {
      const text = readFileSync(path.join(directory, name), 'utf8');
      parts.set(match[3], text.split('\n').filter(Boolean));
    }
  }
  return parts;
}

function judge(
  shown: string[],
  printed: Map<string, string[]>,
  wasKilled: boolean
): IVerdict {
  const verdict = { lost: 0, doubled: 0, misplaced: 0 };
  const known = new Set([...printed.values()].flat());
  const seen = new Set<string>();
  for (const line of shown) {
    if (!known.has(line)) {
      verdict.misplaced += 1;
    } else if (seen.has(line)) {
      verdict.doubled += 1;
    }
    seen.add(line);
  }
  for (const [part, lines] of printed) {
    const present = lines.filter(line => seen.has(line));
    const missing = lines.length - present.length;
    // The kill may have come between the writing to the file and the printing.
    const mayLack =
      wasKilled &&
      part === 'job' &&
      missing === 1 &&
      !seen.has(lines[lines.length - 1]);
    verdict.lost += mayLack ? 0 : missing;
    // In their order?
    const own = new Set(lines);
    const order = shown.filter(line => own.has(line));
    verdict.misplaced += order.some((line, index) => line !== present[index])
      ? 1
      : 0;
  }
  return verdict;
}
