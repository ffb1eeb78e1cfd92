import { writeFileSync } from 'node:fs';

import { expect, test } from '../tests/jobs';
import { beginMarks, heap, painting, scrolling } from './measures';

/** With 10,000 it takes a gigabyte, and six seconds to show a change. */
const ROWS = 1_000;

/** What JupyterLab's Running panel asks of who lists something there. */
interface IManager {
  name: string;
  running(): readonly object[];
  shutdownAll(): void;
  refreshRunning(): void;
  runningChanged: {
    connect(slot: () => void, thisArg?: object): void;
    disconnect(): void;
  };
}

test('JupyterLab’s own Running panel', async ({ openNotebook, page }) => {
  test.setTimeout(300_000);
  await openNotebook(['']);
  const [browserPage] = page.context().pages();
  const session = await page.context().newCDPSession(browserPage);
  await beginMarks(page);
  await page.sidebar.openTab('jp-running-sessions');
  const before = await heap(session);
  await page.evaluate(async rows => {
    const managers = (await window.galata.getPlugin(
      '@jupyterlab/running-extension:plugin' as never
    )) as unknown as { add(manager: IManager): void };
    const slots: (() => void)[] = [];
    let step = 0;
    managers.add({
      name: 'Many',
      running: () =>
        Array.from({ length: rows }, (_, index) => ({
          // As the rows of kernels.
          icon: () =>
            'data:image/svg+xml,<svg xmlns="http://www.w3.org/2000/svg"/>',
          label: () => `row ${index} ${index >= rows - 20 ? step : ''}`,
          labelTitle: () => `row ${index}`,
          open: () => undefined,
          shutdown: () => undefined
        })),
      shutdownAll: () => undefined,
      refreshRunning: () => undefined,
      runningChanged: {
        connect: (slot, thisArg) => slots.push(slot.bind(thisArg)),
        disconnect: () => undefined
      }
    });
    const { arrived } = window as unknown as { arrived: number[] };
    // The last 20 rows change 10 times a second, as those of jobs do.
    Object.assign(window, {
      change: () => {
        step += 1;
        arrived.push(...Array<number>(20).fill(performance.now()));
        slots.forEach(slot => slot());
      }
    });
  }, ROWS);
  const list = page.locator('.jp-RunningSessions-section', {
    hasText: 'row 1'
  });
  await expect(list).toContainText(`row ${ROWS - 1}`, { timeout: 120_000 });
  const megabytes = (await heap(session)) - before;
  const selector =
    '.jp-RunningSessions-section:has([title="row 0"]) .jp-RunningSessions-sectionContainer';
  const scrolled = await scrolling(page, selector);
  await page.evaluate(() => {
    const { change } = window as unknown as { change: () => void };
    setInterval(change, 100);
  });
  const painted = await painting(page, selector);

  expect(painted.times.length).toBeGreaterThan(0);
  writeFileSync(
    process.env.JLJ_BENCH_RESULTS!,
    JSON.stringify({
      paint: painted.times,
      longest: [painted.longest],
      frames: [scrolled.framesPerSecond],
      heap: [megabytes]
    })
  );
});
