import { writeFileSync } from 'node:fs';

import { expect, test } from '../tests/jobs';
import { shiftEnter } from './stopwatch';

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
