import { execFileSync } from 'node:child_process';
import path from 'node:path';
import type { IJupyterLabPageFixture } from '@jupyterlab/galata';
import type { NotebookPanel } from '@jupyterlab/notebook';

import {
  ENDLESS,
  expect,
  goToNotebook,
  RECORD_MIME_TYPE,
  test,
  uploadNotebook
} from './jobs';

// Some load the page several times.
test.slow();

const PYTHON = path.resolve(__dirname, '../../.venv/bin/python');

interface IRecordBundle {
  'text/plain': string[];
  [RECORD_MIME_TYPE]: Record<string, unknown>;
}

/** A notebook file, as the server has it. */
async function saved(page: IJupyterLabPageFixture, file: string) {
  await page.notebook.save();
  const text = await page.evaluate(async name => {
    const response = await fetch(`/api/contents/${name}?type=file&format=text`);
    return ((await response.json()) as { content: string }).content;
  }, file);
  const { cells } = JSON.parse(text) as {
    cells: { outputs: { output_type: string; data?: IRecordBundle }[] }[];
  };
  const records = cells.map(({ outputs }) =>
    outputs
      .flatMap(({ data }) => data ?? [])
      .find(one => RECORD_MIME_TYPE in one)
  );
  return { text, records };
}

/** A notebook as somebody without the extension sees it. */
function convert(notebook: string, format: string): string {
  return execFileSync(
    PYTHON,
    ['-m', 'nbconvert', '--stdin', '--stdout', '--to', format],
    { input: notebook, encoding: 'utf8', stdio: ['pipe', 'pipe', 'ignore'] }
  );
}

/** Collect what the page asks of kernels from now on. */
function listen(page: IJupyterLabPageFixture): string[] {
  const sent: string[] = [];
  page.on('websocket', socket => {
    socket.on('framesent', ({ payload }) => {
      sent.push(Buffer.from(payload).toString('latin1'));
    });
  });
  return sent;
}

test('a saved notebook tells how its jobs ended, to everybody', async ({
  openNotebook,
  page,
  tmpPath
}) => {
  const notebook = await openNotebook([
    '%job --name talking print("the output of the job")',
    '%job 1 / 0',
    ENDLESS,
    ENDLESS
  ]);
  await notebook.openPanel();
  await notebook.run(0, 1, 2, 3);
  await notebook.toHaveState(1, 'finished');
  await notebook.toHaveState(2, 'failed');
  await notebook.toHaveState(4, 'running');
  await notebook.killButton(notebook.row(3), 3).click();
  await notebook.toHaveState(3, 'killed');
  // Not a word of it can come from the kernel.
  await notebook.restartKernel();
  await notebook.toHaveState(4, 'lost');

  const { text, records } = await saved(page, `${tmpPath}/test.ipynb`);
  expect(records.map(bundle => bundle?.[RECORD_MIME_TYPE].state)).toEqual([
    'finished',
    'failed',
    'killed',
    'lost'
  ]);
  for (const format of ['html', 'markdown']) {
    const converted = convert(text, format);
    expect(converted).toContain('the output of the job');
    expect(converted).toContain('ZeroDivisionError');
    for (const bundle of records) {
      expect(converted).toContain(bundle!['text/plain'].join(''));
    }
  }
});

test('a notebook that is opened runs nothing and asks no kernel for anything but its jobs', async ({
  openNotebook,
  page,
  tmpPath
}) => {
  const notebook = await openNotebook([
    ENDLESS,
    'print("a cell")',
    '%job --name other 0'
  ]);
  await notebook.openPanel();
  await notebook.run(0, 1, 2);
  await notebook.toHaveState(2, 'finished');
  const { records } = await saved(page, `${tmpPath}/test.ipynb`);
  expect(records[0]?.[RECORD_MIME_TYPE].state).toBe('running');

  // On the same kernel it goes on.
  const sent = listen(page);
  await goToNotebook(page, `${tmpPath}/test.ipynb`);
  await notebook.openPanel();
  await notebook.toHaveState(1, 'running');
  await expect(notebook.badge(0)).toHaveAttribute('data-state', 'running');
  await expect(notebook.badge(2)).toHaveAttribute('data-state', 'finished');
  await expect.poll(() => sent.join()).toContain('"method":"snapshot"');
  const requests = sent.join().match(/"method":"\w+"/g);
  expect([...new Set(requests)]).toEqual(['"method":"snapshot"']);
  // The only thing that is executed brings the runtime.
  const codes = sent.join().match(/"code":"[^"]*"/g) ?? [];
  expect([...new Set(codes)].filter(code => code !== '"code":""')).toEqual([]);

  // On another it is gone.
  const copy = `${tmpPath}/copy.ipynb`;
  await page.contents.uploadContent(
    await page.evaluate(async name => {
      const url = `/api/contents/${name}?type=file&format=text`;
      const response = await fetch(url);
      return ((await response.json()) as { content: string }).content;
    }, `${tmpPath}/test.ipynb`),
    'text',
    copy
  );
  // Not beside the first, the kernel of which is alive.
  await goToNotebook(page, `${copy}?reset`);
  await notebook.toBeIdle();
  await expect(notebook.badge(0)).toHaveAttribute('data-state', 'lost');
  await expect(notebook.badge(0)).toContainText('kernel is gone');
  await expect(notebook.badge(2)).toHaveAttribute('data-state', 'finished');
  await notebook.openPanel();
  await expect(notebook.panel).toContainText('No jobs yet');
  await expect(notebook.prompt(1)).toHaveText('[2]:');
});

const HOSTILE = '<img src=x onerror=document.body.dataset.hacked=1>';

const HOSTILE_RECORDS = [
  { version: 1, runtime: 'x', id: 1, name: HOSTILE, state: 'failed' },
  {
    version: 1,
    runtime: '__proto__',
    id: 1,
    name: '__proto__',
    state: 'running'
  },
  {
    version: 1,
    runtime: 'x',
    id: 2,
    name: 'long '.repeat(200_000),
    state: 'killed',
    started: 1e300,
    ended: -1e300
  },
  { version: 1, runtime: [HOSTILE], id: 1, name: HOSTILE, state: 'running' },
  { version: 1, runtime: 'x', id: 1, name: { html: HOSTILE }, state: 'lost' },
  { version: 1, runtime: 'x', id: 1, name: HOSTILE, state: 'constructor' },
  { version: 1, runtime: 'x', id: 'NaN', name: HOSTILE, state: 'queued' },
  { version: 2 },
  { ['__proto__']: { version: 1 }, polluted: true },
  [HOSTILE],
  HOSTILE,
  null
];

for (const isTrusted of [false, true]) {
  test(`a hostile record is drawn as text in ${isTrusted ? 'a trusted' : 'an untrusted'} notebook`, async ({
    page,
    tmpPath
  }) => {
    await uploadNotebook(page, `${tmpPath}/hostile.ipynb`, [
      {
        source: '0',
        metadata: { trusted: isTrusted },
        outputs: HOSTILE_RECORDS.map(record => ({
          output_type: 'display_data',
          metadata: {},
          data: { 'text/plain': 'A job', [RECORD_MIME_TYPE]: record }
        }))
      }
    ]);
    await goToNotebook(page, `${tmpPath}/hostile.ipynb`);
    if (isTrusted) {
      await page.evaluate(() => {
        const { currentWidget } = window.jupyterapp.shell;
        const { model } = (currentWidget as NotebookPanel).content;
        for (const cell of model!.cells) {
          cell.trusted = true;
        }
      });
    }
    const area = page.locator('.jp-NotebookPanel .jp-OutputArea').first();
    await expect(area.locator('.jp-Jobs-badge')).toHaveCount(3);
    await expect(area.locator('.jp-Jobs-badge').first()).toContainText(HOSTILE);
    const name = area.locator('.jp-Jobs-badge').nth(2).locator('.jp-Jobs-name');
    expect((await name.textContent())!.length).toBeLessThanOrEqual(200);
    await expect(area.locator('img[src="x"]')).toHaveCount(0);
    await expect(page.locator('body')).not.toHaveAttribute('data-hacked');
    expect(await page.evaluate(() => 'polluted' in {})).toBe(false);
  });
}
