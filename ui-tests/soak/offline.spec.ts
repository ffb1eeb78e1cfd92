import type { WebSocketRoute } from '@playwright/test';

import { expect, GATE, printedLines, test } from '../tests/jobs';

/** Prints for as long as the gate is closed, and tells by files how far it is. */
const COUNTING = `%%job --name counting
import time
count = 0
while not gate.is_set():
    print(count)
    count += 1
    if count % 100 == 0: open(f"counted-{count}", "w").close()
    time.sleep(0.01)
print("end")`;

/** About half a minute. */
const LINES = 2_800;

for (const how of ['the connection drops', 'the browser is offline']) {
  test(`${how} for half a minute: what was missed is there within a second`, async ({
    openNotebook,
    page,
    tmpPath
  }) => {
    test.setTimeout(180_000);
    const routes: WebSocketRoute[] = [];
    let isOffline = false;
    if (how === 'the connection drops') {
      await page.routeWebSocket(/\/api\/kernels\/.*\/channels/, route => {
        if (isOffline) {
          void route.close({ code: 1006 });
        } else {
          routes.push(route);
          route.connectToServer();
        }
      });
    }
    const setOffline = async (offline: boolean) => {
      isOffline = offline;
      if (how === 'the browser is offline') {
        await page.context().setOffline(offline);
      } else if (offline) {
        await Promise.all(
          routes.splice(0).map(route => route.close({ code: 1006 }))
        );
      }
    };
    const notebook = await openNotebook([GATE, COUNTING, '%job gate.set()']);
    await notebook.run(0, 1);
    await expect(notebook.output(1)).toContainText('\n10\n');

    const url = new URL(page.url());
    await setOffline(true);
    // Asked beside the page, which is offline.
    await expect
      .poll(
        async () =>
          (
            await fetch(
              `${url.origin}/api/contents/${tmpPath}/counted-${LINES}?content=0`
            )
          ).status,
        { timeout: 90_000, intervals: [500] }
      )
      .toBe(200);
    const reconnected = page.evaluate(async () => {
      const { sessionContext } = window.jupyterapp.shell
        .currentWidget as unknown as {
        sessionContext: {
          session: { kernel: { connectionStatus: string } };
        };
      };
      const { kernel } = sessionContext.session;
      while (kernel.connectionStatus !== 'connected') {
        await new Promise(resolve => setTimeout(resolve, 5));
      }
      const from = performance.now();
      const shows = () =>
        [...document.querySelectorAll('.jp-Cell')][1].textContent?.includes(
          '2799'
        );
      while (!shows()) {
        await new Promise(resolve => setTimeout(resolve, 5));
      }
      return performance.now() - from;
    });
    await setOffline(false);
    const milliseconds = await reconnected;
    console.log(`${how}: caught up in ${milliseconds.toFixed(0)} ms`);
    expect(milliseconds).toBeLessThan(1_000);

    await notebook.run(2);
    await expect(notebook.output(1)).toContainText('\nend');
    const lines = await printedLines(notebook.output(1));
    expect(lines.pop()).toBe('end');
    expect(lines).toEqual(lines.map((_, index) => `${index}`));
  });
}
