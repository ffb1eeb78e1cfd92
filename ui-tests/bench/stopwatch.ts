import type { NotebookWithJobs } from '../tests/jobs';

/** What is to appear: an element, with this text if one is given. */
export interface IAwaited {
  readonly selector: string;
  readonly text?: string;
}

/**
 * Press Shift+Enter on a cell, and measure how long it takes until something appears.
 *
 * @returns milliseconds by the page's clock, from the key to the change of the page.
 */
export async function shiftEnter(
  notebook: NotebookWithJobs,
  index: number,
  awaited: IAwaited
): Promise<number> {
  const { page } = notebook;
  await notebook.prompt(index).click();
  const stopwatch = await page.evaluateHandle(({ selector, text }) => {
    const isThere = () => {
      const element = document.querySelector(selector);
      return element && (!text || element.textContent === text);
    };
    let begin = 0;
    const elapsed = new Promise<number>(resolve => {
      const observer = new MutationObserver(() => {
        if (begin && isThere()) {
          observer.disconnect();
          resolve(performance.now() - begin);
        }
      });
      observer.observe(document.body, {
        subtree: true,
        childList: true,
        characterData: true
      });
    });
    addEventListener(
      'keydown',
      function onKey(event) {
        if (event.key === 'Enter') {
          begin = performance.now();
          removeEventListener('keydown', onKey, true);
        }
      },
      true
    );
    return { elapsed };
  }, awaited);
  await page.keyboard.press('Shift+Enter');
  return stopwatch.evaluate(({ elapsed }) => elapsed);
}
