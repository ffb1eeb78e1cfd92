import { readdirSync } from 'node:fs';
import path from 'node:path';

import type { NotebookWithJobs } from './jobs';
import { ENDLESS, expect, GATE, SPIN, test } from './jobs';

/** The kernels that do not have the package installed: see jupyter_server_test_config.py. */
const withoutPackage = readdirSync(path.resolve(__dirname, '../..'))
  .filter(name => name.startsWith('.venv-ipykernel-'))
  .map(name => name.replace('.venv-', ''));

async function restartKernel(notebook: NotebookWithJobs): Promise<void> {
  const { page } = notebook;
  // Galata answers with a status that JupyterLab takes for a failure.
  await page.route(/kernels\/.*\/restart/, route => route.continue());
  await notebook.command('kernelmenu:restart');
  await page.getByRole('button', { name: 'Confirm Kernel Restart' }).click();
}

test('the runtime is there before the first cell, and again after a restart', async ({
  openNotebook
}) => {
  const notebook = await openNotebook([
    ENDLESS,
    '%job print("after the restart")'
  ]);
  await notebook.run(0);
  await notebook.openPanel();
  await notebook.toHaveState(1, 'running');

  await restartKernel(notebook);
  await notebook.toHaveState(1, 'lost');
  await notebook.run(1);

  await expect(notebook.output(1)).toContainText('after the restart');
  await expect(notebook.badge(0)).toHaveAttribute('data-state', 'lost');
  await expect(notebook.section('failed')).toContainText('lost');
  await expect(notebook.section('finished').locator('li')).toHaveCount(1);
});

test('after a reload, all jobs of a busy kernel are back', async ({
  openNotebook,
  page
}) => {
  const notebook = await openNotebook([
    GATE,
    SPIN,
    '%%job --name talking\nimport time\nprint("before the reload")\ntime.sleep(1000)',
    '%job 1 / 0',
    '%job gate.set()'
  ]);
  await notebook.openPanel();
  await notebook.makeBusy();
  await notebook.run(2, 3);
  await notebook.toHaveState(1, 'running');
  await notebook.toHaveState(2, 'failed');
  await expect(notebook.output(2)).toContainText('before the reload');
  await page.notebook.save();

  await page.reload();
  await notebook.openPanel();

  await notebook.toHaveState(1, 'running');
  await expect(notebook.row(1)).toContainText('before the reload');
  await notebook.toHaveState(2, 'failed');
  await expect(notebook.badge(2)).toHaveAttribute('data-state', 'running');
  await expect(notebook.output(2)).toContainText('before the reload');

  // The express lane works as well, and the kernel goes on.
  await notebook.run(4);
  await notebook.toHaveState(3, 'finished');
  await notebook.killButton(notebook.badge(2), 1).click();
  await notebook.toHaveState(1, 'killed');
});

test('cells of another language are left alone, and the panel says why', async ({
  openNotebook
}) => {
  const notebook = await openNotebook(
    [
      '"jobs" in globals(), "jupyterlab_jobs" in __import__("sys").modules',
      '%job 0'
    ],
    'not-python'
  );
  await notebook.openPanel();
  await notebook.run(0);

  await expect(notebook.output(0)).toContainText('(False, False)');
  await expect(notebook.panel).toContainText('Jobs need a Python kernel');
  await notebook.run(1);
  await expect(notebook.output(1)).toContainText(
    'magic function `%job` not found'
  );
});

test('a kernel without the package gets what the page carries', async ({
  openNotebook,
  page
}) => {
  const loaded: string[] = [];
  page.on('request', request => {
    if (request.url().includes('/carried-runtime.')) {
      loaded.push(request.url());
    }
  });
  const own = await openNotebook(['%job print("own copy")']);
  // A cell that is run before the kernel has answered does not wait for the answer.
  await own.openPanel();
  await expect(own.panel).toContainText('No jobs yet');
  await own.run(0);
  await expect(own.output(0)).toContainText('own copy');
  expect(loaded).toEqual([]);

  // Every other ipykernel that the tests of the runtime run against is of that kind.
  expect(withoutPackage).not.toHaveLength(0);
  for (const kernel of withoutPackage) {
    const carried = await openNotebook(['%job print("carried")'], kernel);
    await carried.run(0);
    await expect(carried.output(0)).toContainText('carried');
    await expect(carried.badge(0)).toHaveAttribute('data-state', 'finished');
    await restartKernel(carried);
    await carried.run(0);
    await expect(carried.output(0)).toContainText('carried');
    await expect(carried.badge(0)).toHaveAttribute('data-state', 'finished');
  }
  // Each page has loaded it once.
  expect(loaded).toHaveLength(withoutPackage.length);
});
