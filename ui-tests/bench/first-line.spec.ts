import { writeFileSync } from 'node:fs';

import { expect, test } from '../tests/jobs';
import { shiftEnter } from './stopwatch';

/** What the main thread does meanwhile. */
const STATES = {
  idle: null,
  sleep: 'time.sleep(1000)',
  loop: 'while True: pass',
  numpy: 'while True: numpy.sort(numbers)'
} as const;

const ROUNDS = 5;
const JOBS = Array.from({ length: 10 }, (_, index) => index + 2);

const SETUP =
  'import itertools, numpy, time; lines = itertools.count(1); numbers = numpy.random.rand(5_000_000)';

test('Shift+Enter until the first line of a job is shown, while the main thread works', async ({
  openNotebook
}) => {
  test.setTimeout(600_000);
  const notebook = await openNotebook([
    SETUP,
    '# what keeps the main thread busy',
    ...JOBS.map(() => '%job print("line", next(lines))'),
    ''
  ]);
  await notebook.openPanel();
  await notebook.run(0);
  await notebook.toHaveNumber(0, 1);
  const times: Record<string, number[]> = {};
  let line = 0;

  // The first round warms up.
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [state, code] of Object.entries(STATES)) {
      await notebook.toBeIdle();
      if (code) {
        await notebook.setSource(1, code);
        await notebook.run(1);
        await notebook.toBeWaiting(1);
        await expect(notebook.kernelStatus).toHaveAttribute(
          'data-status',
          'busy'
        );
      }
      for (const job of JOBS) {
        line += 1;
        const time = await shiftEnter(notebook, job, {
          selector: `.jp-Cell[data-windowed-list-index="${job}"] .jp-OutputArea-output pre`,
          text: `line ${line}\n`
        });
        if (round > 0) {
          (times[state] ??= []).push(time);
        }
        await notebook.toHaveState(line, 'finished');
      }
      if (code) {
        await notebook.interrupt();
      }
    }
  }

  expect(times.idle).toHaveLength(ROUNDS * JOBS.length);
  writeFileSync(process.env.JLJ_BENCH_RESULTS!, JSON.stringify(times));
});
