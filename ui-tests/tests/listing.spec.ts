import { ENDLESS, expect, test, uploadNotebook } from './jobs';

test('every action of a row by the keyboard', async ({
  openNotebook,
  page
}) => {
  const notebook = await openNotebook([
    '%job --name first 1 / 0',
    '%%job --name second\nwhile True:\n    pass',
    '%%job --name third\nwhile True:\n    pass'
  ]);
  await page.keyboard.press('Control+Shift+J');
  await expect(notebook.panel).toBeVisible();
  await notebook.run(0);
  await notebook.toHaveState(1, 'failed');
  await notebook.run(1, 2);
  await notebook.toHaveState(3, 'running');
  const summary = (id: number) => notebook.row(id).locator('.jp-Jobs-summary');

  // One stop for the tabulator key, after the tools above the list.
  await notebook.panel.getByRole('combobox', { name: 'Order' }).focus();
  await page.keyboard.press('Tab');
  await expect(
    notebook.section('running').locator('.jp-Jobs-sectionHeader')
  ).toBeFocused();
  await page.keyboard.press('ArrowDown');
  await expect(summary(3)).toBeFocused();
  await page.keyboard.press('Tab');
  await expect(notebook.killButton(notebook.row(3), 3)).toBeFocused();
  await page.keyboard.press('Enter');
  // The focus stays with the job, wherever it is by then.
  await notebook.toHaveState(3, 'killed');
  await expect(summary(3)).toBeFocused();

  await page.keyboard.press('End');
  await expect(summary(1)).toBeFocused();
  await page.keyboard.press('ArrowRight');
  await expect(notebook.row(1).locator('.jp-Jobs-traceback')).toBeVisible();
  await page.keyboard.press('ArrowLeft');
  await expect(notebook.row(1).locator('.jp-Jobs-traceback')).toHaveCount(0);

  // Run again.
  await page.keyboard.press('Shift+Enter');
  await notebook.toHaveState(4, 'failed');
  await expect(notebook.badge(0)).toHaveAttribute('data-job-id', '4');

  // Kill what runs, remove what has ended.
  await page.keyboard.press('Home');
  await page.keyboard.press('ArrowDown');
  await expect(summary(2)).toBeFocused();
  await page.keyboard.press('Delete');
  await notebook.toHaveState(2, 'killed');
  await expect(summary(2)).toBeFocused();
  await page.keyboard.press('Delete');
  await expect(notebook.row(2)).toHaveCount(0);

  // Go to the cell.
  await page.keyboard.press('End');
  await page.keyboard.press('Control+Enter');
  await expect(notebook.cell(0)).toHaveClass(/jp-mod-selected/);
});

test('a job whose cell has no prefix runs as a job again', async ({
  openNotebook
}) => {
  const notebook = await openNotebook(['print("as a job", len(jobs))']);
  await notebook.openPanel();
  await notebook.prompt(0).click();
  await notebook.command('jobs:run-cell');
  await notebook.toHaveState(1, 'finished');
  await notebook.row(1).locator('.jp-Jobs-summary').click();
  await notebook.row(1).getByRole('button', { name: 'Run again' }).click();
  await notebook.toHaveState(2, 'finished');
  await expect(notebook.output(0)).toContainText('as a job 2');
});

test('thousands of jobs are listed, and found', async ({ openNotebook }) => {
  const notebook = await openNotebook([
    'for i in range(3000):\n    jobs.submit(int, i, name=f"tiny {i}")',
    ENDLESS
  ]);
  await notebook.openPanel();
  await notebook.run(0);
  await notebook.toHaveNumber(0, 1);
  const count = notebook.section('finished').locator('.jp-Jobs-count');
  await expect(count).toHaveText('3000');
  await expect
    .poll(() => notebook.panel.locator('.jp-Jobs-item').count())
    .toBeLessThan(100);

  await notebook.panel
    .getByRole('combobox', { name: 'Order' })
    .selectOption('oldest');
  await expect(notebook.row(1)).toBeVisible();
  await expect(notebook.row(3000)).toHaveCount(0);

  // What is in sight stays where it is when a job comes in above.
  const content = notebook.panel.locator('.jp-Jobs-content');
  await content.evaluate(node => (node.scrollTop = node.scrollHeight / 2));
  const middle = notebook.panel.locator('.jp-Jobs-item').nth(20);
  await expect(middle).toBeInViewport();
  const id = await middle.getAttribute('data-job-id');
  const place = async () => (await notebook.row(Number(id)).boundingBox())?.y;
  const before = await place();
  await notebook.run(1);
  await expect(notebook.badge(1)).toHaveAttribute('data-state', 'running');
  await expect(notebook.panel.locator('.jp-Jobs-runningCount')).toHaveText(
    '1 running'
  );
  await expect.poll(place).toBe(before);
});

test('the jobs of all notebooks, by notebook', async ({
  openNotebook,
  page,
  tmpPath
}) => {
  await uploadNotebook(page, `${tmpPath}/other.ipynb`, [ENDLESS]);
  const notebook = await openNotebook([ENDLESS, '%job 1']);
  await notebook.openPanel();
  await notebook.run(0, 1);
  await notebook.toHaveState(2, 'finished');
  const scope = notebook.panel.getByRole('group', { name: 'Jobs of' });
  await expect(scope).toHaveCount(0);

  await page.evaluate(
    path =>
      void window.jupyterapp.commands.execute('docmanager:open', { path }),
    `${tmpPath}/other.ipynb`
  );
  await page.locator('.lm-TabBar-tab', { hasText: 'other.ipynb' }).waitFor();
  await notebook.toBeIdle();
  await scope.getByRole('button', { name: 'All notebooks' }).click();
  const names = notebook.section('running').locator('.jp-Jobs-notebook > bdi');
  await expect(names).toHaveText(['test.ipynb']);
  await notebook.run(0);
  await expect(names).toHaveText(['test.ipynb', 'other.ipynb']);
  await expect(
    page
      .locator('.lm-TabBar-tab[data-jobs-running="1"]')
      .filter({ hasText: /ipynb/ })
  ).toHaveCount(2);

  await notebook.panel.getByRole('button', { name: 'Kill all jobs' }).click();
  await expect(page.locator('.jp-Dialog')).toContainText(
    '2 jobs of all notebooks'
  );
  await page.getByRole('button', { name: 'Kill All', exact: true }).click();
  await expect(
    notebook.section('failed').locator('.jp-Jobs-item[data-state="killed"]')
  ).toHaveCount(2);
  await notebook.panel
    .getByRole('button', { name: 'Clear ended jobs' })
    .click();
  await expect(notebook.panel.locator('.jp-Jobs-item')).toHaveCount(0);
  await expect(page.locator('[data-jobs-running]')).toHaveCount(0);
});
