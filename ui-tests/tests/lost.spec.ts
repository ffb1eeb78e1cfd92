import type { NotebookPanel } from '@jupyterlab/notebook';

import type { NotebookWithJobs } from './jobs';
import { expect, test } from './jobs';

/** A job that says something, and then nothing for a long time. */
const TALKING =
  '%%job --name talking\nimport time\nprint("before the end")\ntime.sleep(1000)';

const NEXT = '%job print("in the next kernel")';

/** The job of the first cell is lost, wherever it is shown, with what it had printed. */
async function toBeLost(notebook: NotebookWithJobs): Promise<void> {
  const row = notebook.row(1).and(notebook.panel.locator('[data-state=lost]'));
  await expect(row).toHaveCount(1);
  await expect(row).toContainText('before the end');
  await expect(notebook.section('running')).toHaveCount(0);
  await expect(notebook.badge(0)).toHaveAttribute('data-state', 'lost');
  await expect(notebook.output(0)).toContainText('before the end');
}

/** No cell seems to run. */
async function toBeQuiet(notebook: NotebookWithJobs): Promise<void> {
  await expect(
    notebook.page.locator('.jp-InputPrompt').filter({ hasText: '*' })
  ).toHaveCount(0);
}

/** The next kernel runs a job, without anything else being run before. */
async function toRunJobs(
  notebook: NotebookWithJobs,
  index: number
): Promise<void> {
  await notebook.run(index);
  await expect(notebook.output(index)).toContainText('in the next kernel');
  await expect(notebook.badge(index)).toHaveAttribute('data-state', 'finished');
  await expect(notebook.section('finished').locator('li')).toHaveCount(1);
  await toBeQuiet(notebook);
}

async function start(notebook: NotebookWithJobs): Promise<void> {
  await notebook.openPanel();
  await notebook.run(0);
  await notebook.toHaveState(1, 'running');
  await expect(notebook.output(0)).toContainText('before the end');
}

/** The server starts the kernel again, and JupyterLab says so. */
async function acceptRestart(notebook: NotebookWithJobs): Promise<void> {
  await notebook.page
    .getByRole('dialog')
    .getByRole('button', { name: 'Ok', exact: true })
    .click();
}

test('a job that ends the kernel loses all jobs', async ({ openNotebook }) => {
  const notebook = await openNotebook([
    TALKING,
    '%job import os; os._exit(1)',
    NEXT
  ]);
  await start(notebook);
  await notebook.run(1);
  await toBeLost(notebook);
  await acceptRestart(notebook);
  await toBeQuiet(notebook);
  await toRunJobs(notebook, 2);
});

test('a cell that ends the kernel loses all jobs, and leaves no [*]', async ({
  openNotebook
}) => {
  const notebook = await openNotebook([
    TALKING,
    'import os; os._exit(1)',
    '1 + 1',
    NEXT
  ]);
  await start(notebook);
  await notebook.runTogether(1, 2);
  await toBeLost(notebook);
  await acceptRestart(notebook);
  await toBeQuiet(notebook);
  await toRunJobs(notebook, 3);
});

test('a kernel that is killed while it works loses its jobs', async ({
  openNotebook
}) => {
  const notebook = await openNotebook([
    TALKING,
    'import os; print(os.getpid())',
    'while True: pass',
    '%job 1',
    NEXT
  ]);
  await start(notebook);
  await notebook.run(1);
  await notebook.toHaveNumber(1, 2);
  const pid = Number(await notebook.output(1).innerText());
  await notebook.run(2, 3);
  await notebook.toBeWaiting(2);
  await notebook.toHaveState(2, 'finished');
  process.kill(pid, 'SIGKILL');
  await toBeLost(notebook);
  await acceptRestart(notebook);
  await toBeQuiet(notebook);
  await notebook.panel
    .getByRole('button', { name: 'Clear ended jobs' })
    .click();
  await toRunJobs(notebook, 4);
});

test('a kernel that is shut down loses its jobs, and the next has them in its list', async ({
  openNotebook,
  page
}) => {
  const notebook = await openNotebook([TALKING, 'while True: pass', NEXT]);
  await start(notebook);
  await notebook.run(1);
  await notebook.toBeWaiting(1);
  await page.menu.clickMenuItem('Kernel>Shut Down Kernel');
  await toBeLost(notebook);
  await toBeQuiet(notebook);

  await page.evaluate(() => {
    const { currentWidget } = window.jupyterapp.shell;
    const { sessionContext } = currentWidget as NotebookPanel;
    void sessionContext.changeKernel({ name: 'python3' });
  });
  await notebook.toBeIdle();
  await toBeLost(notebook);
  await toRunJobs(notebook, 2);
});

test('another kernel has the jobs of the one before as lost', async ({
  openNotebook,
  page
}) => {
  const notebook = await openNotebook([TALKING, 'while True: pass', NEXT]);
  await start(notebook);
  await notebook.run(1);
  await notebook.toBeWaiting(1);
  await page.evaluate(() => {
    const { currentWidget } = window.jupyterapp.shell;
    const { sessionContext } = currentWidget as NotebookPanel;
    void sessionContext.changeKernel({ name: 'python3' });
  });
  await toBeLost(notebook);
  await toBeQuiet(notebook);
  await notebook.toBeIdle();
  await toRunJobs(notebook, 2);
});
