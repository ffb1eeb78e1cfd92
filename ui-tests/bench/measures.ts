import type { CDPSession, Page } from '@playwright/test';

/** How long to look at what happens, in milliseconds. */
const DURATION = 5_000;

interface IMarks {
  /** When what is to be painted has come. */
  readonly arrived: number[];
  readonly longTasks: number[];
}

/** What is measured while an element scrolls. */
export interface IScrolling {
  readonly framesPerSecond: number;
  /** The longest task, in milliseconds; 0 if none was longer than 50. */
  readonly longest: number;
}

/** What is measured while an element changes. */
export interface IPainting {
  /** From the arrival of each change to the end of the frame that shows it, in milliseconds. */
  readonly times: readonly number[];
  readonly changesPerSecond: number;
  readonly longest: number;
}

/** Megabytes of JavaScript objects, without what could be collected. */
export async function heap(session: CDPSession): Promise<number> {
  await session.send('HeapProfiler.collectGarbage');
  const { usedSize } = await session.send('Runtime.getHeapUsage');
  return usedSize / 1e6;
}

/** Let the page keep `window.arrived`, which others fill, and the long tasks. */
export async function beginMarks(page: Page): Promise<void> {
  await page.evaluate(() => {
    const longTasks: number[] = [];
    new PerformanceObserver(list =>
      longTasks.push(...list.getEntries().map(entry => entry.duration))
    ).observe({ type: 'longtask' });
    Object.assign(window, { arrived: [], longTasks });
  });
}

/** Frames and long tasks while an element scrolls. */
export async function scrolling(
  page: Page,
  selector: string
): Promise<IScrolling> {
  return page.evaluate(
    async ([selector, duration]) => {
      const node = document.querySelector(selector)!;
      const { longTasks } = window as unknown as IMarks;
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
}

/** From the arrival of changes to the end of the frame in which an element shows them. */
export async function painting(
  page: Page,
  selector: string
): Promise<IPainting> {
  return page.evaluate(
    async ([selector, duration]) => {
      const { arrived, longTasks } = window as unknown as IMarks;
      arrived.length = 0;
      longTasks.length = 0;
      const times: number[] = [];
      let changes = 0;
      const node = document.querySelector(selector)!;
      node.scrollTop = node.scrollHeight;
      const observer = new MutationObserver(() => {
        // What arrived is drawn now, and painted before the next frame begins.
        const since = arrived.splice(0);
        changes += since.length;
        requestAnimationFrame(() => {
          const channel = new MessageChannel();
          channel.port1.onmessage = () => {
            const now = performance.now();
            times.push(...since.map(at => now - at));
          };
          channel.port2.postMessage(null);
        });
      });
      observer.observe(node, {
        subtree: true,
        childList: true,
        characterData: true,
        attributes: true
      });
      await new Promise(resolve => setTimeout(resolve, duration));
      observer.disconnect();
      return {
        times,
        changesPerSecond: changes / (duration / 1000),
        longest: Math.max(0, ...longTasks)
      };
    },
    [selector, DURATION] as const
  );
}
