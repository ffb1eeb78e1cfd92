import { writeFileSync } from 'node:fs';
import type { CDPSession } from '@playwright/test';

import { expect, test } from '../tests/jobs';

const ROWS = 10_000;

/** How long to look at what happens, in milliseconds. */
const DURATION = 5_000;

const SETUP = `import time
jobs.limit = 21
def report():
    for step in range(1_000_000):
        jobs.current.progress(step)
        time.sleep(0.1)
for number in range(20):
    jobs.submit(report, name=f"report {number}")`;

const FILL = `for number in range(${ROWS}):
    jobs.submit(time.sleep, 1000, name=f"waiting {number}")`;

interface IMessage {
  readonly header: { readonly msg_type: string };
  readonly content: { readonly jobs: readonly unknown[] };
}

/** Megabytes of JavaScript objects, without what could be collected. */
async function heap(session: CDPSession): Promise<number> {
  await session.send('HeapProfiler.collectGarbage');
  const { usedSize } = await session.send('Runtime.getHeapUsage');
  return usedSize / 1e6;
}

test('the panel with very many rows', async ({ openNotebook, page }) => {
  test.setTimeout(300_000);
  const notebook = await openNotebook([SETUP, FILL]);
  // Galata's page is not the browser's own.
  const [browserPage] = page.context().pages();
  const session = await page.context().newCDPSession(browserPage);
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
    const arrived: number[] = [];
    kernel.iopubMessage.connect((_, { header, content }) => {
      if (header.msg_type === 'jobs_event') {
        // A message tells of all jobs that have changed since the last.
        const at = performance.now();
        arrived.push(...content.jobs.map(() => at));
      }
    });
    const longTasks: number[] = [];
    new PerformanceObserver(list =>
      longTasks.push(...list.getEntries().map(entry => entry.duration))
    ).observe({ type: 'longtask' });
    Object.assign(window, { arrived, longTasks });
  });
  await notebook.openPanel();
  const before = await heap(session);
  await notebook.run(0, 1);
  await notebook.toHaveNumber(1, 2);
  await expect(
    notebook.section('running').locator('.jp-Jobs-count')
  ).toHaveText(String(ROWS + 20), { timeout: 120_000 });
  const megabytes = (await heap(session)) - before;

  /** Frames while a list scrolls, and long tasks meanwhile. */
  const scroll = (selector: string) =>
    page.evaluate(
      async ([selector, duration]) => {
        const node = document.querySelector(selector)!;
        const { longTasks } = window as unknown as { longTasks: number[] };
        longTasks.length = 0;
        node.scrollTop = 0;
        const begin = performance.now();
        let frames = 0;
        await new Promise<void>(resolve => {
          const step = () => {
            frames += 1;
            node.scrollTop += 60;
            if (performance.now() - begin < duration) {
              requestAnimationFrame(step);
            } else {
              resolve();
            }
          };
          requestAnimationFrame(step);
        });
        const seconds = (performance.now() - begin) / 1000;
        return {
          framesPerSecond: frames / seconds,
          longest: Math.max(0, ...longTasks)
        };
      },
      [selector, DURATION] as const
    );

  /** From the arrival of an event to the frame after the one that shows it. */
  const paints = () =>
    page.evaluate(async duration => {
      const { arrived, longTasks } = window as unknown as {
        arrived: number[];
        longTasks: number[];
      };
      arrived.length = 0;
      longTasks.length = 0;
      const times: number[] = [];
      let events = 0;
      const content = document.querySelector('.jp-Jobs-content')!;
      content.scrollTop = content.scrollHeight;
      const observer = new MutationObserver(() => {
        // What arrived is drawn now, and painted before the next frame begins.
        const since = arrived.splice(0);
        events += since.length;
        requestAnimationFrame(() => {
          const channel = new MessageChannel();
          channel.port1.onmessage = () => {
            const now = performance.now();
            times.push(...since.map(at => now - at));
          };
          channel.port2.postMessage(null);
        });
      });
      observer.observe(content, {
        subtree: true,
        childList: true,
        characterData: true,
        attributes: true
      });
      await new Promise(resolve => setTimeout(resolve, duration));
      observer.disconnect();
      return {
        times,
        events: events / (duration / 1000),
        longest: Math.max(0, ...longTasks)
      };
    }, DURATION);

  const painted = await paints();
  const ours = await scroll('.jp-Jobs-content');

  expect(painted.times.length).toBeGreaterThan(0);
  writeFileSync(
    process.env.JLJ_BENCH_RESULTS!,
    JSON.stringify({
      paint: painted.times,
      events: [painted.events],
      longest: [Math.max(painted.longest, ours.longest)],
      frames: [ours.framesPerSecond],
      heap: [megabytes]
    })
  );
});
