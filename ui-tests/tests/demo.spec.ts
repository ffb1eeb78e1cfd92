import path from 'node:path';

import { expect, goToNotebook, NotebookWithJobs, test as base } from './jobs';

const DEMO = path.resolve(__dirname, '../../demo');

/** The places of the demo's code cells. */
const SERVER = 2;
const FUNCTIONS = 4;
const DOWNLOAD = 6;
const MEANWHILE = 8;
const USE = 10;
const STALL = 12;
const FAILURE = 14;
const LIST = 16;

const test = base.extend<{ demo: NotebookWithJobs }>({
  demo: async ({ page, tmpPath }, use) => {
    for (const file of ['demo.ipynb', 'demo_server.py']) {
      const target = `${tmpPath}/${file}`;
      await page.contents.uploadFile(path.join(DEMO, file), target);
    }
    await goToNotebook(page, `${tmpPath}/demo.ipynb`);
    const demo = new NotebookWithJobs(page);
    await demo.toBeIdle();
    await demo.openPanel();
    await use(demo);
  }
});

test('the demo downloads while it computes, kills what stalls, explains what fails', async ({
  context,
  demo,
  page
}) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);

  await demo.run(SERVER, FUNCTIONS, DOWNLOAD, MEANWHILE);

  await expect(demo.output(MEANWHILE)).toContainText('download is running');
  await demo.toHaveState(1, 'running');
  await expect(demo.row(1)).toContainText('download 1,000 files');
  await expect(demo.row(1).locator('.jp-Jobs-line')).toContainText('of 1,000');
  await expect(demo.badge(DOWNLOAD)).toHaveAttribute('data-state', 'running');

  await demo.run(USE);

  await expect(demo.output(USE)).toContainText(
    'Mean temperature of 1,000 stations',
    { timeout: 30_000 }
  );
  await demo.toHaveState(1, 'finished');
  await expect(demo.output(DOWNLOAD)).toContainText('1,000 of 1,000');

  await demo.run(STALL);

  await demo.toHaveState(2, 'running');
  await expect(demo.badge(STALL)).toHaveAttribute('data-state', 'running');
  await demo.killButton(demo.row(2), 2).click();
  await demo.toHaveState(2, 'killed');
  await expect(demo.badge(STALL)).toHaveAttribute('data-state', 'killed');

  await demo.run(FAILURE);

  await demo.toHaveState(3, 'failed');
  await demo.row(3).locator('.jp-Jobs-summary').click();
  const traceback = demo.row(3).locator('.jp-Jobs-traceback');
  await expect(traceback).toContainText("KeyError: 'temperature'");
  await expect(traceback.locator('[class*="ansi-"]').first()).toBeVisible();
  await demo.row(3).getByRole('button', { name: 'Copy traceback' }).click();
  await expect
    .poll(() => page.evaluate(() => navigator.clipboard.readText()))
    .toContain("KeyError: 'temperature'");
});

test('the demo runs from top to bottom by itself', async ({ demo }) => {
  await demo.command('notebook:run-all-cells');

  await expect(demo.output(LIST)).toContainText('stalled download', {
    timeout: 30_000
  });
  await expect(demo.output(USE)).toContainText('1,000 stations');
  await demo.toHaveState(1, 'finished');
  await demo.toHaveState(2, 'running');
  await demo.toHaveState(3, 'failed');
  await demo.toBeIdle();
});
