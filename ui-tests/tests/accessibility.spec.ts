import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';

import { ENDLESS, expect, test } from './jobs';

const CELLS = [
  ENDLESS,
  '%job --name broken 1 / 0',
  '%%job --name steps\nfor i in range(3):\n    jobs.current.progress(i, 3)\n    print(i)',
  '%job --name slow -p __import__("time").sleep(1000)'
];

const THEMES = [
  'JupyterLab Light',
  'JupyterLab Dark',
  'JupyterLab Dark High Contrast'
];

/** What axe finds in parts of the page, in words. */
async function violations(page: Page, ...parts: string[]): Promise<string[]> {
  let axe = new AxeBuilder({ page });
  for (const part of parts) {
    axe = axe.include(part);
  }
  const results = await axe.analyze();
  expect(results.passes.length).toBeGreaterThan(0);
  return results.violations.flatMap(({ id, nodes }) =>
    nodes.map(({ failureSummary, html }) => `${id}: ${html} ${failureSummary}`)
  );
}

for (const theme of THEMES) {
  test(`axe finds nothing in ${theme}`, async ({ openNotebook, page }) => {
    const notebook = await openNotebook(CELLS);
    await page.theme.setTheme(theme);
    await notebook.openPanel();
    expect(await violations(page, '#jupyterlab-jobs-panel')).toEqual([]);

    await notebook.run(0, 1, 2, 3);
    await notebook.toHaveState(3, 'finished');
    await notebook.toHaveState(4, 'running');
    await notebook.row(1).locator('.jp-Jobs-summary').click();
    await notebook.row(2).locator('.jp-Jobs-summary').click();
    await expect(notebook.row(2).locator('.jp-Jobs-traceback')).toBeVisible();
    const parts = ['#jupyterlab-jobs-panel', '.jp-Jobs-status'];
    expect(await violations(page, ...parts, '.jp-Jobs-badge')).toEqual([]);

    const timeline = notebook.panel.getByRole('button', {
      name: 'Show timeline'
    });
    await timeline.click();
    expect(await violations(page, '#jupyterlab-jobs-panel')).toEqual([]);
    await notebook.panel.getByRole('button', { name: 'Show as table' }).click();
    expect(await violations(page, '#jupyterlab-jobs-panel')).toEqual([]);

    await notebook.command('jobs:kill-all');
    await expect(page.locator('.jp-Dialog')).toBeVisible();
    expect(await violations(page, '.jp-Dialog-content')).toEqual([]);
  });
}

test('the panel can be read from right to left', async ({
  openNotebook,
  page
}) => {
  const notebook = await openNotebook(CELLS);
  await notebook.openPanel();
  await notebook.run(0, 1);
  await notebook.toHaveState(2, 'failed');
  await page.evaluate(() => (document.documentElement.dir = 'rtl'));
  const row = notebook.row(1);
  const icon = (await row.locator('.jp-Jobs-stateIcon').boundingBox())!;
  const kill = (await notebook.killButton(row, 1).boundingBox())!;
  expect(kill.x).toBeLessThan(icon.x);
  const content = notebook.panel.locator('.jp-Jobs-content');
  expect(
    await content.evaluate(node => node.scrollWidth - node.clientWidth)
  ).toBe(0);

  // Left opens, where it is forward.
  await row.locator('.jp-Jobs-summary').focus();
  await page.keyboard.press('ArrowLeft');
  await expect(row.locator('.jp-Jobs-details')).toBeVisible();
  await page.keyboard.press('ArrowRight');
  await expect(row.locator('.jp-Jobs-details')).toHaveCount(0);
});

test('nothing moves for those who do not want it', async ({
  openNotebook,
  page
}) => {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  const notebook = await openNotebook([ENDLESS]);
  await notebook.openPanel();
  await notebook.run(0);
  await notebook.toHaveState(1, 'running');
  const moving = await page.evaluate(
    () =>
      document
        .getAnimations()
        .map(({ effect }) => (effect as KeyframeEffect).target)
        .filter(target => target?.closest('[class*="jp-Jobs"]')).length
  );
  expect(moving).toBe(0);
});
