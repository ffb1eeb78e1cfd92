import type { Page } from '@playwright/test';

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

/**
 * Lets the connections of a page that is yet to be loaded be dropped, and refuses new ones
 * until it is told otherwise. They go straight to the server: a proxy would take part in
 * what is measured.
 *
 * @returns what drops them (`true`), and lets them come back (`false`).
 */
async function droppable(page: Page): Promise<(off: boolean) => Promise<void>> {
  await page.addInitScript(() => {
    const state = { isOff: false, sockets: new Set<WebSocket>() };
    window.WebSocket = class extends WebSocket {
      constructor(url: string | URL, protocols?: string | string[]) {
        // Nobody listens there.
        super(state.isOff ? 'ws://localhost:1' : url, protocols);
        state.sockets.add(this);
      }
    };
    Object.assign(window, { connections: state });
  });
  return off =>
    page.evaluate(off => {
      const { connections } = window as unknown as {
        connections: { isOff: boolean; sockets: Set<WebSocket> };
      };
      connections.isOff = off;
      if (off) {
        for (const socket of connections.sockets) {
          socket.close(3001);
        }
        connections.sockets.clear();
      }
    }, off);
}

for (const how of ['the connection drops', 'the browser is offline']) {
  test(`${how} for half a minute: what was missed is there within a second`, async ({
    openNotebook,
    page,
    tmpPath
  }) => {
    test.setTimeout(180_000);
    const setOffline =
      how === 'the connection drops'
        ? await droppable(page)
        : (offline: boolean) => page.context().setOffline(offline);
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
