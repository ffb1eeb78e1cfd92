import { expect, GATE, test } from './jobs';

/** Runs until the gate is open, and then defines a name. */
const DEFINES = 'while not gate.is_set(): pass\nurls = ["a", "b"]';

const OPEN_GATE = '%job gate.set()';

const REASON = 'waiting for cell [*]: it defines `urls`';

test('a job waits for the running cell that defines what it reads, and says so', async ({
  openNotebook
}) => {
  const notebook = await openNotebook([
    GATE,
    DEFINES,
    '%job print(*urls)',
    '%job print("free")',
    OPEN_GATE
  ]);
  await notebook.openPanel();
  await notebook.makeBusy();

  await notebook.run(2, 3);

  await expect(notebook.output(3)).toContainText('free');
  await notebook.toHaveState(1, 'queued');
  await expect(notebook.row(1).locator('.jp-Jobs-line')).toHaveText(REASON);
  await expect(notebook.badge(2)).toContainText(REASON);

  await notebook.run(4);

  await notebook.toHaveState(1, 'finished');
  await expect(notebook.output(2)).toContainText('a b');
  await expect(notebook.badge(2)).not.toContainText('waiting');
});

test('a job that waits survives a reload, and can be started before it is time', async ({
  openNotebook
}) => {
  const notebook = await openNotebook([
    `${GATE}; urls = ["old"]`,
    DEFINES,
    '%job print(*urls)',
    OPEN_GATE
  ]);
  await notebook.makeBusy();
  await notebook.run(2);
  await expect(notebook.badge(2)).toContainText(REASON);
  await notebook.page.keyboard.press('Control+s');

  await notebook.reload();
  await notebook.openPanel();
  await notebook.toHaveState(1, 'queued');
  await expect(notebook.badge(2)).toContainText(REASON);

  await notebook
    .badge(2)
    .getByRole('button', { name: 'Start job 1 now' })
    .click();

  await notebook.toHaveState(1, 'finished');
  await expect(notebook.output(2)).toContainText('old');
  await notebook.run(3);
});

test('a job is not started when the cell that it waits for fails', async ({
  openNotebook
}) => {
  const notebook = await openNotebook([
    GATE,
    `${DEFINES}; 1 / 0`,
    '%job print(*urls)',
    OPEN_GATE
  ]);
  await notebook.openPanel();
  await notebook.makeBusy();
  await notebook.run(2);
  await notebook.toHaveState(1, 'queued');

  await notebook.run(3);

  await notebook.toHaveState(1, 'killed');
  await expect(notebook.row(1)).toContainText(
    'the cell that it waited for failed'
  );
  await expect(notebook.badge(2)).toContainText(
    'the cell that it waited for failed'
  );
});

test('a job that waits can be taken back', async ({ openNotebook }) => {
  const notebook = await openNotebook([
    GATE,
    DEFINES,
    '%job print(*urls)',
    OPEN_GATE
  ]);
  await notebook.openPanel();
  await notebook.makeBusy();
  await notebook.run(2);
  await notebook.toHaveState(1, 'queued');
  await notebook.killButton(notebook.row(1), 1).click();
  await notebook.toHaveState(1, 'killed');
  await notebook.run(3);
  await notebook.toHaveNumber(1, 2);
});

test('a loop with tqdm shows its bar in the panel and in the badge', async ({
  openNotebook
}) => {
  const notebook = await openNotebook([
    GATE,
    '%%job\nfrom tqdm import tqdm\nimport time\n' +
      'for i in tqdm(range(8), desc="epochs"):\n' +
      '    time.sleep(0.11 if i < 6 else 0)\n' +
      '    if i == 6: gate.wait(60)',
    OPEN_GATE
  ]);
  await notebook.openPanel();
  await notebook.run(0, 1);
  for (const place of [notebook.row(1), notebook.badge(1)]) {
    const bar = place.getByRole('progressbar', { name: 'Progress of job 1' });
    await expect(bar).toHaveAttribute('aria-valuenow', '6');
    await expect(bar).toHaveAttribute('aria-valuemax', '8');
    await expect(place).toContainText('6 of 8');
    await expect(place).toContainText('epochs');
  }
  await notebook.run(2);
  await notebook.toHaveState(1, 'finished');
  await expect(notebook.panel.getByRole('progressbar')).toHaveCount(0);
});

test('a job with --notify tells of its end', async ({ openNotebook }) => {
  const notebook = await openNotebook([GATE, '%job --notify gate.wait(60)']);
  await notebook.run(0, 1);
  await expect(notebook.badge(1)).toHaveAttribute('data-state', 'running');
  await notebook.killButton(notebook.badge(1), 1).click();
  const toast = notebook.page.locator('.Toastify__toast');
  await expect(toast).toContainText('Job 1 killed: gate.wait(60)');
  await toast.getByRole('button', { name: 'Show' }).click();
  await expect(notebook.row(1)).toBeVisible();
});
