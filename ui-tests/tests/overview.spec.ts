import { galata } from '@jupyterlab/galata';

import { ENDLESS, expect, test } from './jobs';

test('the status bar counts the jobs, and opens the panel', async ({
  openNotebook,
  page
}) => {
  const notebook = await openNotebook([ENDLESS, '%job 1 / 0', '%job 1']);
  const item = page.locator('.jp-Jobs-status');
  await notebook.run(2);
  await expect(notebook.badge(2)).toHaveAttribute('data-state', 'finished');
  await expect(item).toBeHidden();

  await notebook.run(0);
  await expect(item).toHaveText('1 job running');
  await notebook.run(1);
  await expect(item).toHaveText('1 job running, 1 job failed');
  await item.click();
  await expect(notebook.row(1)).toBeVisible();

  await notebook.killButton(notebook.badge(0), 2).click();
  await expect(item).toHaveText('1 job failed');
  await notebook.panel
    .getByRole('button', { name: 'Clear ended jobs' })
    .click();
  await expect(item).toBeHidden();
});

test('the Running panel lists the jobs of all notebooks, opens and kills them', async ({
  openNotebook,
  page
}) => {
  const notebook = await openNotebook([
    '%%job --name "long one"\nimport time\ntime.sleep(1000)',
    ENDLESS
  ]);
  await notebook.run(0, 1);
  await expect(notebook.badge(1)).toHaveAttribute('data-state', 'running');

  await notebook.command('running:show-panel');
  const section = page
    .locator('#jp-running-sessions .jp-RunningSessions-section')
    .filter({ hasText: 'while True' });
  const items = section.locator('.jp-RunningSessions-item');
  await expect(items).toHaveCount(2);
  const item = items.filter({ hasText: 'long one' });
  await expect(item).toContainText('running');
  await item.locator('.jp-RunningSessions-itemLabel').click();
  await expect(notebook.row(1).locator('.jp-Jobs-summary')).toBeFocused();

  await item.hover();
  await item.getByTitle('Kill').click();
  await notebook.toHaveState(1, 'killed');
  await expect(items).toHaveCount(1);
});

test('the panel shows the jobs that the filter is for', async ({
  openNotebook
}) => {
  const notebook = await openNotebook([
    '%job --name alpha 1',
    '%job --name beta 1 / 0',
    '%%job --name "alpha two"\nimport time\ntime.sleep(1000)'
  ]);
  await notebook.openPanel();
  await expect(
    notebook.panel.getByRole('searchbox', { name: 'Filter jobs' })
  ).toHaveCount(0);
  await notebook.run(0, 1, 2);
  await expect(notebook.panel.locator('.jp-Jobs-item')).toHaveCount(3);

  const filter = notebook.panel.getByRole('searchbox', { name: 'Filter jobs' });
  await filter.fill('ALPHA');
  await expect(notebook.panel.locator('.jp-Jobs-name')).toHaveText([
    'alpha two',
    'alpha'
  ]);
  await filter.fill('failed');
  await expect(notebook.panel.locator('.jp-Jobs-name')).toHaveText(['beta']);
  await filter.fill('gamma');
  await expect(notebook.panel).toContainText('No job matches “gamma”.');
  await filter.press('Escape');
  await expect(notebook.panel.locator('.jp-Jobs-item')).toHaveCount(3);

  // A job that somebody asks for is shown, whatever the filter is for.
  await filter.fill('beta');
  await notebook.badge(0).locator('.jp-Jobs-badgeLabel').click();
  await expect(notebook.row(1).locator('.jp-Jobs-summary')).toBeFocused();
});

test('a job is removed from the list, and its variables land while it runs', async ({
  openNotebook,
  page
}) => {
  const notebook = await openNotebook([
    '%%job\nimport time\nepochs = 3\nprint("trained")\ntime.sleep(1000)',
    '%job 1 / 0',
    'epochs'
  ]);
  await notebook.openPanel();
  await notebook.run(0, 1);
  const running = notebook.row(1);
  await expect(running.locator('.jp-Jobs-line')).toHaveText('trained');
  await running.locator('.jp-Jobs-summary').click();
  await running.getByRole('button', { name: 'Land variables' }).click();
  await expect(page.locator('.Toastify__toast')).toContainText(
    /Landed from job 1: .*epochs/
  );
  await notebook.run(2);
  await expect(notebook.output(2)).toContainText('3');

  const failed = notebook.row(2);
  await failed.locator('.jp-Jobs-summary').click();
  await failed.getByRole('button', { name: 'Remove' }).click();
  await expect(failed).toHaveCount(0);
  await notebook.toHaveState(1, 'running');
});

test('the context menu of a row is about its job', async ({
  openNotebook,
  page
}) => {
  const notebook = await openNotebook([
    '%%job --name first\nimport time\ntime.sleep(1000)',
    '%%job --name second\nimport time\ntime.sleep(1000)'
  ]);
  await notebook.openPanel();
  await notebook.run(0, 1);
  await notebook.toHaveState(2, 'running');

  await notebook.row(1).click({ button: 'right' });
  const menu = page.getByRole('menu');
  await expect(menu).toContainText('Go to Cell of Job');
  await expect(menu).toContainText('Land Variables of Job');
  await expect(menu).not.toContainText('Start Job 1 Now', {
    useInnerText: true
  });
  await expect(menu).not.toContainText('Remove Job', { useInnerText: true });
  await menu.getByRole('menuitem', { name: 'Kill Job 1' }).click();
  await notebook.toHaveState(1, 'killed');
  await notebook.toHaveState(2, 'running');

  await notebook.row(1).click({ button: 'right' });
  await menu.getByRole('menuitem', { name: 'Remove Job' }).click();
  await expect(notebook.row(1)).toHaveCount(0);
  await notebook.toHaveState(2, 'running');
});

test.describe('where the user wants to be told of failures', () => {
  test.use({
    mockSettings: {
      ...galata.DEFAULT_SETTINGS,
      'jupyterlab-jobs:plugin': { notify: 'failed' }
    }
  });

  test('a job that fails tells so, and others do not', async ({
    openNotebook,
    page
  }) => {
    const notebook = await openNotebook(['%job 1', '%job 1 / 0']);
    await notebook.run(0);
    await expect(notebook.badge(0)).toHaveAttribute('data-state', 'finished');
    await notebook.run(1);
    await expect(notebook.badge(1)).toHaveAttribute('data-state', 'failed');
    const toast = page.locator('.Toastify__toast');
    await expect(toast).toHaveText([/Job 2 failed: 1 \/ 0/]);
    await page
      .context()
      .grantPermissions(['clipboard-read', 'clipboard-write']);
    await toast.getByRole('button', { name: 'Copy traceback' }).click();
    await expect
      .poll(() => page.evaluate(() => navigator.clipboard.readText()))
      .toContain('ZeroDivisionError: division by zero');
  });

  test('the desktop tells of jobs that were asked to, while the page is hidden', async ({
    openNotebook,
    page
  }) => {
    await page.context().grantPermissions(['notifications']);
    // A browser without a screen has no desktop, and hides no page.
    await page.addInitScript(() => {
      const shown: string[] = [];
      Object.assign(window, { shown });
      window.Notification = class extends Notification {
        constructor(title: string) {
          super(title);
          shown.push(title);
        }
      };
      Object.defineProperty(document, 'hidden', { get: () => true });
    });
    const notebook = await openNotebook([
      '%job 1 / 0',
      '%job --notify print("done")'
    ]);
    await notebook.run(0, 1);
    await expect(notebook.badge(1)).toHaveAttribute('data-state', 'finished');
    await expect(page.locator('.Toastify__toast')).toHaveCount(2);
    expect(
      await page.evaluate(
        () => (window as unknown as { shown: string[] }).shown
      )
    ).toEqual(['Job 2 finished: print("done")']);
  });
});
