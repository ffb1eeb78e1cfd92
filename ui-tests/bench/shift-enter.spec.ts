import { writeFileSync } from 'node:fs';

import type { NotebookWithJobs } from '../tests/jobs';
import { expect, test } from '../tests/jobs';

const WARM_UP = 5;
const ROUNDS = 30;

/** The places of the cells. */
const JOB = 0;
const CELL = 1;

test('Shift+Enter until the row of a job, or the number of a cell, is shown', async ({
  openNotebook
}) => {
  test.setTimeout(300_000);
  const notebook = await openNotebook(['%job pass', 'pass', '']);
  await notebook.openPanel();
  const times: { job: number[]; cell: number[] } = { job: [], cell: [] };

  for (let round = 1; round <= WARM_UP + ROUNDS; round++) {
    const job = await shiftEnter(notebook, JOB, {
      selector: `.jp-Jobs-item[data-job-id="${round}"]`
    });
    await notebook.toHaveState(round, 'finished');
    await notebook.toHaveNumber(JOB, 2 * round - 1);
    await notebook.toBeIdle();

    const cell = await shiftEnter(notebook, CELL, {
      selector: `.jp-Cell[data-windowed-list-index="${CELL}"] .jp-InputPrompt`,
      text: `[${2 * round}]:`
    });
    await notebook.toHaveNumber(CELL, 2 * round);
    await notebook.toBeIdle();

    if (round > WARM_UP) {
      times.job.push(job);
      times.cell.push(cell);
    }
  }

  expect(times.job).toHaveLength(ROUNDS);
  writeFileSync(process.env.JLJ_BENCH_RESULTS!, JSON.stringify(times));
});

/** What is to appear: an element, with this text if one is given. */
interface IAwaited {
  readonly selector: string;
  readonly text?: string;
}

/**
 * Press Shift+Enter on a cell, and measure how long it takes until something appears.
 *
 * @returns milliseconds by the page's clock, from the key to the change of the page.
 */
async function shiftEnter(
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
