import { expect, test } from './jobs';

test('%job is shown as a magic, and explained', async ({
  openNotebook,
  page
}) => {
  const notebook = await openNotebook([
    '%%job --name "my job"\nprint("%job")',
    'x = %job -p f()',
    { cell_type: 'markdown', source: '%job f()' }
  ]);
  const magic = (index: number) =>
    notebook.cell(index).locator('.jp-Jobs-magic');
  await expect(magic(0)).toHaveText(['%%job']);
  await expect(magic(1)).toHaveText(['%job']);
  await expect(magic(2)).toHaveCount(0);
  const option = notebook.cell(0).locator('.jp-Jobs-magicOption');
  // The highlighting of Python parts it.
  await expect
    .poll(async () => (await option.allTextContents()).join(''))
    .toBe('--name');
  await expect(notebook.cell(0).locator('.jp-Jobs-magicValue')).toHaveText([
    '"my job"'
  ]);

  await option.first().hover();
  await expect(page.locator('.jp-Jobs-magicHelp')).toHaveText(
    'What the panel calls the job.'
  );

  // What is typed is marked at once.
  await notebook.setSource(1, '%jobs kill 3');
  await expect(magic(1)).toHaveText(['%jobs']);
  await notebook.setSource(1, 'jobs');
  await expect(magic(1)).toHaveCount(0);
});

test('a button in the toolbar runs the selected cells as jobs', async ({
  openNotebook,
  page
}) => {
  const notebook = await openNotebook(['print("in the background")']);
  await notebook.prompt(0).click();
  await page
    .locator('.jp-NotebookPanel-toolbar [data-jp-item-name="run-as-job"]')
    .getByRole('button')
    .click();
  await expect(notebook.badge(0)).toHaveAttribute('data-state', 'finished');
  await expect(notebook.output(0)).toContainText('in the background');
});
