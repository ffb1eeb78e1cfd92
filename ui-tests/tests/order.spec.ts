import type { Cells } from './jobs';
import { expect, SPIN, test } from './jobs';

/** What is run together, and what has come of it. */
const RUNS: readonly (readonly [string, Cells, string])[] = [
  [
    'cells and jobs',
    [
      'order.append(1)',
      '%job order.append(2)',
      'jobs.wait(); order.append(3)',
      '%%job\norder.append(4)',
      'jobs.wait(); order.append(5)'
    ],
    '[1, 2, 3, 4, 5]'
  ],
  [
    'a cell that defines what a job reads',
    ['import time; time.sleep(0.2); late = 7', '%job order.append(late)'],
    '[7]'
  ],
  [
    'a mixed cell',
    ['order.append(1)\n%job order.append(2)\njobs.wait()\norder.append(3)'],
    '[1, 2, 3]'
  ],
  [
    'a cell that fails',
    ['order.append(1); 1 / 0', '%job order.append(2)', 'order.append(3)'],
    '[1]'
  ]
];

test('cells and jobs that are run together keep the order of the notebook', async ({
  openNotebook
}) => {
  const notebook = await openNotebook(
    RUNS.flatMap(([, cells]) => [
      'order = []',
      ...cells,
      'jobs.wait(); print(order)'
    ])
  );
  let first = 0;
  for (const [name, cells, result] of RUNS) {
    await test.step(name, async () => {
      const last = first + cells.length + 1;
      await notebook.run(first);
      await notebook.runTogether(first + 1, last - 1);
      await notebook.toBeIdle();
      await notebook.run(last);
      await expect(notebook.output(last)).toHaveText(
        new RegExp(result.replaceAll(/[[\]]/g, '\\$&'))
      );
      first = last + 1;
    });
  }
});

/** Two jobs that depend on the cells around them. */
const PROGRAM = [
  'order = []',
  'order.append(1)',
  '%job order.append(2)',
  'jobs.wait(); order.append(3)',
  '%job order.append(4)',
  'jobs.wait(); print(order)'
];

test('the order of the notebook holds however all of it is run', async ({
  openNotebook,
  page
}) => {
  const notebook = await openNotebook([...PROGRAM, 'print("below")']);
  await notebook.askServerItself('restart');
  const last = PROGRAM.length;
  const done = notebook.output(last - 1);

  await notebook.prompt(last).click();
  await notebook.command('notebook:run-all-above');
  await notebook.toHaveNumber(last - 1, last);
  await expect(done).toHaveText('[1, 2, 3, 4]');
  await expect(notebook.prompt(last)).toHaveText('[ ]:');

  await notebook.command('notebook:run-all-cells');
  await notebook.toHaveNumber(last, 2 * last + 1);
  await expect(done).toHaveText('[1, 2, 3, 4]');

  await notebook.command('notebook:restart-run-all');
  await page.getByRole('button', { name: 'Confirm Kernel Restart' }).click();
  await notebook.toHaveNumber(last, last + 1);
  await expect(done).toHaveText('[1, 2, 3, 4]');

  await notebook.prompt(1).click();
  await notebook.command('notebook:run-all-below');
  await notebook.toHaveNumber(last, 2 * last + 1);
  await expect(done).toHaveText('[1, 2, 3, 4, 1, 2, 3, 4]');
});

test('when a cell is interrupted, no job after it is started', async ({
  openNotebook
}) => {
  const notebook = await openNotebook([
    'import threading; gate = threading.Event(); order = []',
    SPIN,
    '%job order.append(1)',
    'order.append(2)',
    'jobs.wait(); print(order)'
  ]);
  await notebook.openPanel();
  await notebook.runTogether(0, 3);
  await notebook.toHaveNumber(0, 1);
  await notebook.toBeWaiting(2);

  await notebook.interrupt();

  await expect(notebook.output(1)).toContainText('KeyboardInterrupt');
  await expect(notebook.prompt(2)).toHaveText('[ ]:');
  await notebook.toBeIdle();
  await notebook.run(4);
  await expect(notebook.output(4)).toHaveText('[]');
  await expect(notebook.panel.locator('.jp-Jobs-item')).toHaveCount(0);
});
