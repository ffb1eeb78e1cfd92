import { test as base } from '@jupyterlab/galata';

export { expect } from '@jupyterlab/galata';

/**
 * Galata's `test` for the pages of Notebook 7, which have no launcher to wait for.
 */
export const test = base.extend({
  waitForApplication: async ({ baseURL }, use) => {
    await use(page => page.locator('#main-panel').waitFor());
  }
});
