import { ENDLESS, expect, GATE, SPIN, test } from './jobs';

test('a job starts at once while another cell executes', async ({
  openNotebook
}) => {
  const notebook = await openNotebook([
    GATE,
    SPIN,
    '%job print("hello from the job")',
    '%job gate.set()'
  ]);
  await notebook.openPanel();
  await notebook.makeBusy();

  await notebook.run(2);

  await expect(notebook.output(2)).toContainText('hello from the job');
  await notebook.toHaveState(1, 'finished');
  await expect(notebook.row(1)).toContainText('hello from the job');
  await expect(notebook.badge(2)).toHaveAttribute('data-state', 'finished');
  await notebook.toBeWaiting(1);
  await notebook.toBeWaiting(2);

  await notebook.run(3);

  await notebook.toHaveNumber(1, 2);
  await notebook.toHaveNumber(2, 3);
  await notebook.toHaveNumber(3, 4);
  await expect(notebook.row(1)).toContainText('[3]');
  await expect(notebook.panel.locator('.jp-Jobs-item')).toHaveCount(2);
  await expect(notebook.badge(2)).toHaveCount(1);
});

test('the selected cells run as jobs, and stay as they are', async ({
  openNotebook
}) => {
  const notebook = await openNotebook([
    GATE,
    SPIN,
    'x = 1\nprint("first")\n1 / 0',
    '%%bash\necho second',
    '%job gate.set()'
  ]);
  await notebook.openPanel();
  await notebook.makeBusy();
  await notebook.prompt(2).click();
  await notebook.prompt(3).click({ modifiers: ['Shift'] });

  await notebook.command('jobs:run-cell');

  await expect(notebook.output(2)).toContainText('first');
  await expect(notebook.output(3)).toContainText('second');
  await notebook.toHaveState(1, 'failed');
  await notebook.toHaveState(2, 'finished');
  await expect(notebook.output(2)).toContainText('line 3');
  await expect(notebook.cell(2).locator('.cm-content')).toHaveText(
    'x = 1print("first")1 / 0'
  );
  await notebook.run(4);
  await notebook.toHaveNumber(2, 3);
});

test('jobs do not overtake the cells before them in one run', async ({
  openNotebook
}) => {
  const notebook = await openNotebook([
    `${GATE}; order = []`,
    SPIN,
    'order.append("cell")',
    '%job order.append("job")',
    'jobs.wait(); print(order)',
    '%job gate.set()'
  ]);
  await notebook.makeBusy();

  await notebook.runTogether(2, 4);
  await notebook.toBeWaiting(4);
  await notebook.run(5);

  await expect(notebook.output(4)).toContainText("['cell', 'job']");
});

test('a job that is assigned to a name starts at once too', async ({
  openNotebook
}) => {
  const notebook = await openNotebook([
    `${GATE}; double = lambda x: 2 * x`,
    SPIN,
    'answer = %job double(21)',
    '%job gate.set()',
    'answer.result() + 1'
  ]);
  await notebook.openPanel();
  await notebook.makeBusy();

  await notebook.run(2);

  await notebook.toHaveState(1, 'finished');
  await expect(notebook.output(2)).toContainText('42');
  await notebook.toBeWaiting(2);

  await notebook.run(3, 4);

  await expect(notebook.output(4)).toContainText('43');
});

test('jobs among other lines, several in a cell, and a cell as a job', async ({
  openNotebook
}) => {
  const notebook = await openNotebook([
    'print("before")\n%job print("inside")\nprint("after")',
    '%job print("one")\n%job --name second print("two")',
    '%%job --name "the body"\nfor word in ("three", "four"):\n    print(word)\nword',
    'word'
  ]);
  await notebook.openPanel();

  await notebook.run(0, 1, 2);

  await expect(notebook.badge(0)).toHaveCount(1);
  await expect(notebook.badge(1)).toHaveCount(2);
  await expect(notebook.badge(2)).toHaveCount(1);
  for (const text of ['before', 'inside', 'after']) {
    await expect(notebook.output(0)).toContainText(text);
  }
  await expect(notebook.output(1)).toContainText('one');
  await expect(notebook.output(1)).toContainText('two');
  await expect(notebook.output(2)).toContainText(/three\s+four\s+.*'four'/);
  await expect(notebook.row(3)).toContainText('second');
  await expect(notebook.row(4)).toContainText('the body');
  await notebook.toHaveState(4, 'finished');

  // What the job has assigned is the notebook's now.
  await notebook.run(3);
  await expect(notebook.output(3)).toContainText("'four'");
});

test('ten jobs print, each under its own cell', async ({ openNotebook }) => {
  const numbers = Array.from({ length: 10 }, (_, index) => index);
  const notebook = await openNotebook([
    GATE,
    SPIN,
    ...numbers.map(
      number =>
        `%%job\nfor line in range(200):\n    print("job ${number} line", line)`
    ),
    '%job gate.set()'
  ]);
  await notebook.makeBusy();

  await notebook.run(...numbers.map(number => number + 2));

  for (const number of numbers) {
    const text = notebook
      .output(number + 2)
      .locator('.jp-OutputArea-output[data-mime-type*="stdout"]');
    const lines = Array.from(
      { length: 200 },
      (_, line) => `job ${number} line ${line}\n`
    );
    await expect(text).toHaveText(lines.join(''));
  }
  await notebook.toBeWaiting(1);
  await notebook.run(12);
  await notebook.toHaveNumber(12, 13);
});

test('a cell that waits for a job is not in the way of the next job', async ({
  openNotebook
}) => {
  const notebook = await openNotebook([
    ENDLESS,
    'jobs[1].wait()',
    '%jobs kill 1',
    '%job jobs[1].kill()'
  ]);
  await notebook.run(0);
  await notebook.toHaveNumber(0, 1);
  await notebook.run(1, 2);
  await notebook.toBeWaiting(1);

  await notebook.run(3);

  await notebook.toHaveNumber(1, 2);
  await expect(notebook.badge(0)).toHaveAttribute('data-state', 'killed');
  await expect(notebook.output(2)).toContainText('has ended already: killed');
});
