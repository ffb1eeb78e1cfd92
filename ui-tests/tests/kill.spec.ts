import { ENDLESS, expect, GATE, SPIN, test } from './jobs';

test('a job is killed from its row while the kernel is idle', async ({
  openNotebook
}) => {
  const notebook = await openNotebook([ENDLESS, ENDLESS, '40 + 2']);
  await notebook.openPanel();
  await notebook.run(0, 1);
  await notebook.toHaveState(1, 'running');
  await notebook.toHaveState(2, 'running');

  await notebook.killButton(notebook.row(1), 1).click();

  await notebook.toHaveState(1, 'killed');
  await expect(notebook.badge(0)).toHaveAttribute('data-state', 'killed');
  await expect(notebook.killButton(notebook.row(1), 1)).toHaveCount(0);
  await expect(notebook.section('failed')).toContainText('killed');
  await notebook.toHaveState(2, 'running');
  await notebook.run(2);
  await expect(notebook.output(2)).toContainText('42');
});

test('jobs are killed from the badge, and all at once, while a cell computes', async ({
  openNotebook,
  page
}) => {
  const notebook = await openNotebook([
    GATE,
    SPIN,
    '%%job\nimport time\ntime.sleep(1000)',
    '%job !sleep 1000',
    ENDLESS,
    '%job gate.set()'
  ]);
  await notebook.openPanel();
  await notebook.makeBusy();
  await notebook.run(2, 3, 4);
  await expect(notebook.section('running').locator('li')).toHaveCount(3);
  await expect(notebook.badge(2)).toHaveAttribute('data-state', 'running');

  await notebook.killButton(notebook.badge(2), 1).click();

  await expect(notebook.badge(2)).toHaveAttribute('data-state', 'killed');
  await notebook.toHaveState(1, 'killed');
  await notebook.toHaveState(2, 'running');

  await notebook.panel.getByRole('button', { name: 'Kill all jobs' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog).toContainText('2 jobs of this notebook have not ended');
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await notebook.toHaveState(2, 'running');
  await notebook.panel.getByRole('button', { name: 'Kill all jobs' }).click();
  await dialog.getByRole('button', { name: 'Kill All' }).click();

  await notebook.toHaveState(2, 'killed');
  await notebook.toHaveState(3, 'killed');
  await expect(notebook.section('running')).toHaveCount(0);
  await notebook.toBeWaiting(1);
  await notebook.run(5);
  await notebook.toHaveNumber(5, 6);
});

test('a job is stopping until its code has really ended', async ({
  openNotebook
}) => {
  const notebook = await openNotebook([
    'import threading, time\nhold = threading.Event()',
    '%%job\ntry:\n    time.sleep(1000)\nfinally:\n    print("cleaning up")\n    hold.wait()\n    print("clean")',
    'hold.set()'
  ]);
  await notebook.openPanel();
  await notebook.run(0, 1);
  await notebook.toHaveState(1, 'running');

  await notebook.killButton(notebook.row(1), 1).click();

  await expect(notebook.output(1)).toContainText('cleaning up');
  await notebook.toHaveState(1, 'stopping');
  await expect(notebook.row(1)).toContainText('stopping…');
  await expect(notebook.badge(1)).toHaveAttribute('data-state', 'stopping');
  await expect(notebook.badge(1)).toContainText('stopping…');

  await notebook.run(2);

  await notebook.toHaveState(1, 'killed');
  await expect(notebook.badge(1)).toHaveAttribute('data-state', 'killed');
  await expect(notebook.output(1)).toContainText(/cleaning up\s+clean/);
});
