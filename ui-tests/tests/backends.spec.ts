import { expect, test } from './jobs';

test('the panel shows where a job runs, and links the dashboard of its cluster', async ({
  openNotebook
}) => {
  const notebook = await openNotebook([
    '%job -p print("in a process")',
    '%%job --on dask\nimport time\nprint("on a worker")\ntime.sleep(1000)'
  ]);
  await notebook.openPanel();

  await notebook.run(0);
  await notebook.toHaveState(1, 'finished');
  await expect(notebook.row(1).locator('.jp-Jobs-backend')).toHaveText(
    'process'
  );

  await notebook.run(1);
  const row = notebook.row(2);
  await expect(row.locator('.jp-Jobs-line')).toHaveText('on a worker');
  await expect(row.locator('.jp-Jobs-backend')).toHaveText('dask');
  await row.locator('.jp-Jobs-summary').click();
  await expect(row.locator('.jp-Jobs-details')).toContainText(
    /runs on: Dask worker \d+ at tcp:\/\/127\.0\.0\.1:\d+/
  );
  await expect(row.getByRole('link', { name: 'Dashboard' })).toHaveAttribute(
    'href',
    /^http:\/\/127\.0\.0\.1:\d+\/status$/
  );

  await row.locator('.jp-Jobs-kill').click();
  await notebook.toHaveState(2, 'killed');
});
