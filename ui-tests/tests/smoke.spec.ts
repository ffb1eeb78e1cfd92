import { expect, test } from '@jupyterlab/galata';

test('JupyterLab loads the extension', async ({ page }) => {
  await expect
    .poll(() =>
      page.evaluate(() =>
        window.jupyterapp.isPluginActivated('jupyterlab-jobs:panel')
      )
    )
    .toBe(true);
});
