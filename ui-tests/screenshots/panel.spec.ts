import path from 'node:path';

import { expect, goToNotebook, NotebookWithJobs, test } from '../tests/jobs';

const IMAGES = path.resolve(__dirname, '../../docs/images');
const DEMO = path.resolve(__dirname, '../../demo');

/** The places of the demo's cells. */
const DOWNLOAD = 6;
const LIST = 16;

test.use({
  // As it looks when it is new.
  mockSettings: {
    '@jupyterlab/apputils-extension:notification': {
      checkForUpdates: false,
      fetchNews: 'false'
    }
  }
});

for (const [theme, file] of [
  ['JupyterLab Light', 'panel.png'],
  ['JupyterLab Dark', 'panel-dark.png']
]) {
  test(`the demo at work, in ${theme}`, async ({ page, tmpPath }) => {
    for (const name of ['demo.ipynb', 'demo_server.py']) {
      const target = `${tmpPath}/${name}`;
      await page.contents.uploadFile(path.join(DEMO, name), target);
    }
    await goToNotebook(page, `${tmpPath}/demo.ipynb`);
    const demo = new NotebookWithJobs(page);
    await demo.toBeIdle();
    await page.theme.setTheme(theme);
    await page.sidebar.close('left');
    await demo.openPanel();
    await page.sidebar.setWidth(420, 'right');

    await demo.command('notebook:run-all-cells');
    await expect(demo.output(LIST)).toContainText('stalled', {
      timeout: 30_000
    });
    await demo.toHaveState(3, 'failed');
    await demo.row(3).locator('.jp-Jobs-summary').click();
    await demo.run(DOWNLOAD);
    await demo
      .cell(DOWNLOAD - 1)
      .evaluate(cell => cell.scrollIntoView({ block: 'start' }));
    await expect(demo.row(4).locator('.jp-Jobs-line')).toContainText(
      /[456]\d\d of 1,000/
    );

    await page.screenshot({ path: path.join(IMAGES, file) });
  });
}
