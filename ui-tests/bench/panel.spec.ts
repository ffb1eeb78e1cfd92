import { writeFileSync } from 'node:fs';

import { expect, test } from '../tests/jobs';
import { beginMarks, heap, painting, scrolling } from './measures';

const ROWS = 10_000;

/** Jobs that report; and one that has others come and go, when it is told to. */
const SETUP = `import threading, time
jobs.limit = 22
def report():
    for step in range(1_000_000):
        jobs.current.progress(step)
        time.sleep(0.1)
for number in range(20):
    jobs.submit(report, name=f"report {number}")
gate = threading.Event()
def come_and_go():
    gate.wait()
    while True:
        job = jobs.submit(time.sleep, 1000, name="short")
        time.sleep(0.01)
        job.kill()
others = jobs.submit(come_and_go)`;

const FILL = `for number in range(${ROWS}):
    jobs.submit(time.sleep, 1000, name=f"waiting {number}")`;

interface IMessage {
  readonly header: { readonly msg_type: string };
  readonly content: { readonly jobs: readonly unknown[] };
}

test('the panel with very many rows', async ({ openNotebook, page }) => {
  test.setTimeout(300_000);
  const notebook = await openNotebook([SETUP, FILL, 'gate.set()']);
  // Galata's page is not the browser's own.
  const [browserPage] = page.context().pages();
  const session = await page.context().newCDPSession(browserPage);
  await beginMarks(page);
  await page.evaluate(() => {
    const { currentWidget } = window.jupyterapp.shell as unknown as {
      currentWidget: {
        sessionContext: {
          session: {
            kernel: {
              iopubMessage: {
                connect(slot: (_: unknown, message: IMessage) => void): void;
              };
            };
          };
        };
      };
    };
    const { kernel } = currentWidget.sessionContext.session;
    const { arrived } = window as unknown as { arrived: number[] };
    kernel.iopubMessage.connect((_, { header, content }) => {
      if (header.msg_type === 'jobs_event') {
        // A message tells of all jobs that have changed since the last.
        const at = performance.now();
        arrived.push(...content.jobs.map(() => at));
      }
    });
  });
  await notebook.openPanel();
  const before = await heap(session);
  await notebook.run(0, 1);
  await notebook.toHaveNumber(1, 2);
  await expect(
    notebook.section('running').locator('.jp-Jobs-count')
  ).toHaveText(String(ROWS + 21), { timeout: 120_000 });
  const megabytes = (await heap(session)) - before;
  const painted = await painting(page, '.jp-Jobs-content');
  const scrolled = await scrolling(page, '.jp-Jobs-content');
  await notebook.run(2);
  await notebook.toHaveNumber(2, 3);
  const moving = await painting(page, '.jp-Jobs-content');

  expect(painted.times.length).toBeGreaterThan(0);
  expect(moving.times.length).toBeGreaterThan(0);
  writeFileSync(
    process.env.JLJ_BENCH_RESULTS!,
    JSON.stringify({
      paint: painted.times,
      changes: [painted.changesPerSecond],
      longest: [Math.max(painted.longest, scrolled.longest)],
      moving: moving.times,
      moves: [moving.changesPerSecond],
      longestMove: [moving.longest],
      frames: [scrolled.framesPerSecond],
      heap: [megabytes]
    })
  );
});
