import { mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';

import { expect, test } from '../tests/jobs';

/** Where `scripts/animate.py` finds them: the name tells how long one is shown, in milliseconds. */
const FRAMES = path.resolve(__dirname, '../test-results/flow');

const CELLS = [
  'def train(epochs):\n    for epoch in range(1, epochs + 1):\n        loss = step()\n        jobs.current.progress(epoch, epochs, f"loss {loss:.3f}")\n    return "model"',
  '%job --name train model = train(20)',
  'sum(n * n for n in range(1_000))   # the kernel is free',
  '%job --name evaluate 1 / 0'
];

test.use({ deviceScaleFactor: 1 });

test('the main flow, frame by frame', async ({ openNotebook, page }) => {
  rmSync(FRAMES, { recursive: true, force: true });
  mkdirSync(FRAMES, { recursive: true });
  const notebook = await openNotebook(CELLS);
  // What holds the training up until a picture was taken is not part of it.
  await notebook.execute(
    `import itertools, threading
gate, counts = threading.Semaphore(0), itertools.count(2)
def step():
    gate.acquire()
    return 1 / next(counts)`
  );
  await page.sidebar.close('left');
  await notebook.openPanel();
  // Small, now that nothing but the notebook and the panel is there.
  await page.setViewportSize({ width: 960, height: 500 });
  await page.sidebar.setWidth(340, 'right');

  let number = 0;
  const frame = async (milliseconds: number) => {
    const name = `${String(number++).padStart(2, '0')}-${milliseconds}.png`;
    await page.screenshot({ path: path.join(FRAMES, name) });
  };
  const epoch = async (count: number, done: number) => {
    await notebook.execute(`gate.release(${count})`);
    await expect(notebook.row(1).locator('.jp-Jobs-line')).toContainText(
      `${done} of 20`
    );
  };

  await notebook.run(0);
  await notebook.toHaveNumber(0, 1);
  await frame(1_000);
  await notebook.run(1);
  await notebook.toHaveState(1, 'running');
  await epoch(2, 2);
  await frame(900);
  await epoch(3, 5);
  await frame(600);
  await notebook.run(2);
  await expect(notebook.output(2)).toContainText('332833500');
  await epoch(3, 8);
  await frame(1_400);
  await notebook.run(3);
  await notebook.toHaveState(2, 'failed');
  await epoch(2, 10);
  await frame(1_200);
  await notebook.row(2).locator('.jp-Jobs-summary').click();
  await expect(notebook.row(2).locator('.jp-Jobs-traceback')).toBeVisible();
  await epoch(2, 12);
  await frame(2_000);
  await notebook.row(2).locator('.jp-Jobs-summary').click();
  await notebook.killButton(notebook.row(1), 1).hover();
  await frame(900);
  await notebook.killButton(notebook.row(1), 1).click();
  await notebook.toHaveState(1, 'killed');
  await page.mouse.move(0, 0);
  await frame(2_000);
});
