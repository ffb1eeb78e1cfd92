import type { WebSocketRoute } from '@playwright/test';

import type { NotebookWithJobs } from './jobs';
import {
  expect,
  GATE,
  openSecondPage,
  printedLines,
  test,
  untilThereIs
} from './jobs';

/** Counts until the gate opens. */
const COUNTING = `%%job --name counting
import time
count = 0
while not gate.is_set():
    print(count)
    count += 1
    time.sleep(0.01)
print("end")`;

const CHANNELS = /\/api\/kernels\/.*\/channels/;

/** Every number once, in order, and the end. */
async function expectAllLines(notebook: NotebookWithJobs): Promise<void> {
  await expect(notebook.output(1)).toContainText('\nend');
  const lines = await printedLines(notebook.output(1));
  expect(lines.pop()).toBe('end');
  expect(lines).toEqual(lines.map((_, index) => `${index}`));
}

test('a connection that drops and comes back loses nothing', async ({
  openNotebook,
  page,
  tmpPath
}) => {
  const routes: WebSocketRoute[] = [];
  let offline = false;
  await page.routeWebSocket(CHANNELS, route => {
    if (offline) {
      void route.close({ code: 1006 });
    } else {
      routes.push(route);
      route.connectToServer();
    }
  });
  const notebook = await openNotebook([
    GATE,
    COUNTING.replace(
      'count += 1',
      'count += 1\n    if count == 300: open("counted-300", "w").close()'
    ),
    '%job gate.set()'
  ]);
  await notebook.openPanel();
  await notebook.run(0, 1);
  await expect(notebook.output(1)).toContainText('\n10\n');

  offline = true;
  await Promise.all(routes.splice(0).map(route => route.close({ code: 1006 })));
  await untilThereIs(page, `${tmpPath}/counted-300`);
  await expect(notebook.output(1)).not.toContainText('\n300\n');
  offline = false;
  await expect.poll(() => routes.length, { timeout: 60_000 }).toBe(1);
  const connected = Date.now();
  await expect(notebook.output(1)).toContainText('\n300\n');
  await expect(notebook.row(1)).toContainText(/[3-9]\d\d/);
  test.info().annotations.push({
    type: 'caught up in ms',
    description: `${Date.now() - connected}`
  });

  await notebook.run(2);
  await notebook.toHaveState(1, 'finished');
  await expectAllLines(notebook);
});

test('a connection that takes its time after a reload shows what was printed meanwhile', async ({
  openNotebook,
  page,
  tmpPath
}) => {
  const notebook = await openNotebook([
    GATE,
    COUNTING.replace(
      'count += 1',
      'count += 1\n    if count == 200: open("counted-200", "w").close()'
    ),
    '%job gate.set()'
  ]);
  await notebook.run(0, 1);
  await expect(notebook.output(1)).toContainText('\n10\n');

  let open: () => void = () => undefined;
  const opened = new Promise<void>(resolve => (open = resolve));
  await page.routeWebSocket(CHANNELS, async route => {
    await opened;
    route.connectToServer();
  });
  await notebook.reload();
  await notebook.openPanel();
  await untilThereIs(page, `${tmpPath}/counted-200`);
  await expect(notebook.output(1)).not.toContainText('\n200\n');
  open();
  await expect(notebook.output(1)).toContainText('\n200\n');
  await notebook.toBeIdle();
  await notebook.run(2);
  await notebook.toHaveState(1, 'finished');
  await expectAllLines(notebook);
});

test('two tabs show all jobs live, and a kill in one shows in the other', async ({
  openNotebook,
  tmpPath
}) => {
  const first = await openNotebook([GATE, COUNTING, '%job gate.set()']);
  await first.run(0, 1);
  await first.openPanel();
  await expect(first.output(1)).toContainText('\n10\n');

  const second = await openSecondPage(first, tmpPath);
  await second.openPanel();
  await second.toHaveState(1, 'running');
  await expect(second.output(1)).toContainText('\n10\n');
  await expect(second.row(1)).toContainText(/\d+/);

  await second.killButton(second.row(1), 1).click();
  await second.toHaveState(1, 'killed');
  await first.toHaveState(1, 'killed');
  await expect(first.badge(1)).toHaveAttribute('data-state', 'killed');
  await expect(second.badge(1)).toHaveAttribute('data-state', 'killed');
  for (const notebook of [first, second]) {
    const lines = await printedLines(notebook.output(1));
    expect(lines).toEqual(lines.map((_, index) => `${index}`));
  }

  // A job of the second tab's is in the panel of the first.
  await second.run(2);
  await first.toHaveState(2, 'finished');
});
