import { writeFileSync } from 'node:fs';

import type { Page } from '@playwright/test';
import { expect, test } from '@playwright/test';

const ROUNDS = 12;

/** What the server tells the page about extensions. */
interface IPageConfig {
  federated_extensions: { name: string }[];
}

test('the page of JupyterLab until it is restored, with the extension and without', async ({
  browser,
  baseURL
}) => {
  test.setTimeout(600_000);
  const times: { with: number[]; without: number[] } = {
    with: [],
    without: []
  };
  // The first of each warms up the server.
  for (let round = 0; round <= ROUNDS; round++) {
    for (const which of ['with', 'without'] as const) {
      const page = await browser.newPage({ baseURL });
      const milliseconds = await start(page, which === 'with');
      await page.close();
      if (round > 0) {
        times[which].push(milliseconds);
      }
    }
  }
  writeFileSync(process.env.JLJ_BENCH_RESULTS!, JSON.stringify(times));
});

/**
 * Open the page.
 *
 * @returns milliseconds by the page's clock until JupyterLab has restored its layout.
 */
async function start(page: Page, isWith: boolean): Promise<number> {
  // Without a cache for both: a page whose requests are looked at has none.
  await page.route(/\/lab(\?.*)?$/, async route => {
    const response = await route.fetch();
    const body = (await response.text()).replace(
      /(<script id="jupyter-config-data"[^>]*>)(.*?)(<\/script>)/s,
      (_, begin: string, config: string, end: string) => {
        const { federated_extensions: all, ...others } = JSON.parse(
          config
        ) as IPageConfig;
        const ours = all.filter(({ name }) => name === 'jupyterlab-jobs');
        expect(ours).toHaveLength(1);
        const federated_extensions = isWith
          ? all
          : all.filter(extension => !ours.includes(extension));
        return `${begin}${JSON.stringify({ ...others, federated_extensions })}${end}`;
      }
    );
    await route.fulfill({ response, body });
  });
  await page.addInitScript(() => {
    const timer = setInterval(() => {
      const { jupyterapp } = window;
      if (jupyterapp as unknown) {
        clearInterval(timer);
        void jupyterapp.restored.then(() =>
          Object.assign(window, { restoredAt: performance.now() })
        );
      }
    }, 1);
  });
  await page.goto('/lab?reset');
  const restored = await page.waitForFunction(
    () => (window as unknown as { restoredAt?: number }).restoredAt
  );
  // Whether the extension is there.
  expect(
    await page.evaluate(() =>
      window.jupyterapp.commands.hasCommand('jobs:open-panel')
    )
  ).toBe(isWith);
  return (await restored.jsonValue())!;
}
