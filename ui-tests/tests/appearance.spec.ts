import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Page } from '@playwright/test';

import { expect, GATE, test } from './jobs';

/** A job in each state, of which nothing but the times differs from run to run. */
const CELLS = [
  GATE,
  '%%job --name "train the model"\njobs.current.progress(30, 100, "epoch 3")\nprint("loss 0.25")\ngate.wait()',
  '%job --name "load the tables" print("1,204 rows")',
  '%%job --name "a name that is much longer than the panel will ever be wide, however wide it is"\ndef half(n):\n    return n / 0\nprint("half of 1")\nhalf(1)',
  '%job --name endless gate.wait()'
];

/**
 * The same fonts on every machine, and nothing that differs from run to run: no times, and
 * nothing that turns.
 */
async function steady(page: Page): Promise<void> {
  const url = (name: string, file: string) => {
    const font = path.resolve(
      __dirname,
      `../node_modules/@fontsource/${name}/files/${file}.woff2`
    );
    return `url(data:font/woff2;base64,${readFileSync(font, 'base64')})`;
  };
  await page.addStyleTag({
    content: `
      @font-face { font-family: Text; src: ${url('roboto', 'roboto-latin-400-normal')}; }
      @font-face { font-family: Text; font-weight: 700; src: ${url('roboto', 'roboto-latin-700-normal')}; }
      @font-face { font-family: Code; src: ${url('roboto-mono', 'roboto-mono-latin-400-normal')}; }
      :root {
        --jp-ui-font-family: Text !important;
        --jp-content-font-family: Text !important;
        --jp-code-font-family: Code !important;
        --jp-code-font-family-default: Code !important;
      }
.jp-Jobs-time { display: inline-block; visibility: hidden; width: 50px; }
      .jp-Jobs-note { height: 16px; overflow: hidden; visibility: hidden; }`
  });
  await page.evaluate(() => document.fonts.ready);
}

for (const theme of ['JupyterLab Light', 'JupyterLab Dark']) {
  test(`the panel and the badges look as they did, in ${theme}`, async ({
    openNotebook,
    page
  }) => {
    test.skip(process.platform !== 'linux', 'The pictures are from Linux.');
    const notebook = await openNotebook(CELLS);
    await page.theme.setTheme(theme);
    await steady(page);
    await page.sidebar.close('left');
    await notebook.openPanel();
    await page.sidebar.setWidth(360, 'right');
    const name = theme.toLowerCase().replace(' ', '-');
    await expect(notebook.panel).toHaveScreenshot(`${name}-empty.png`);

    await notebook.run(0, 1, 2, 3, 4);
    await notebook.toHaveState(2, 'finished');
    await notebook.toHaveState(3, 'failed');
    await notebook.toHaveState(4, 'running');
    await notebook.killButton(notebook.row(4), 4).click();
    await notebook.toHaveState(4, 'killed');
    await expect(notebook.row(1).locator('.jp-Jobs-line')).toHaveText(
      /epoch 3|loss 0.25/
    );
    await page.mouse.move(0, 0);
    await expect(notebook.panel).toHaveScreenshot(`${name}-list.png`);

    await notebook.row(3).locator('.jp-Jobs-summary').click();
    await expect(notebook.row(3).locator('.jp-Jobs-traceback')).toBeVisible();
    await page.mouse.move(0, 0);
    await expect(notebook.row(3)).toHaveScreenshot(`${name}-failed.png`);
    for (const [index, state] of [
      [1, 'running'],
      [2, 'finished'],
      [4, 'killed']
    ] as const) {
      await expect(notebook.badge(index)).toHaveScreenshot(
        `${name}-badge-${state}.png`
      );
    }
  });
}
