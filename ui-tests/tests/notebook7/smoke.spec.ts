import { expect, test } from './fixtures';

test('Notebook 7 opens a notebook and loads the extension', async ({
  page,
  tmpPath
}) => {
  const path = `${tmpPath}/smoke.ipynb`;
  const notebook = { cells: [], metadata: {}, nbformat: 4, nbformat_minor: 5 };
  await page.contents.uploadContent(JSON.stringify(notebook), 'text', path);

  await page.goto(`notebooks/${path}`);

  await expect(page.locator('.jp-Notebook')).toBeVisible();
  await expect
    .poll(() =>
      page.evaluate(() =>
        window.jupyterapp.isPluginActivated('jupyterlab-jobs:panel')
      )
    )
    .toBe(true);
});
