import type { NotebookPanel } from '@jupyterlab/notebook';

import { ENDLESS, expect, GATE, SPIN, test } from './jobs';

test('the kernel is shown as busy as long as its main thread is', async ({
  openNotebook,
  page
}) => {
  const notebook = await openNotebook([GATE, SPIN, ENDLESS, '%job gate.set()']);
  await notebook.openPanel();
  await notebook.makeBusy();
  // Too short to be seen, an idle status would still mislead whoever listens.
  await page.evaluate(() => {
    const { currentWidget } = window.jupyterapp.shell;
    const { session } = (currentWidget as NotebookPanel).sessionContext;
    session!.kernel!.statusChanged.connect((_, status) => {
      if (status === 'idle') {
        document.body.dataset.wasIdle = 'true';
      }
    });
  });

  // Each of these is a request over the control channel.
  await notebook.run(2);
  await notebook.toHaveState(1, 'running');
  await notebook.killButton(notebook.row(1), 1).click();
  await notebook.toHaveState(1, 'killed');
  await notebook.panel
    .getByRole('button', { name: 'Clear ended jobs' })
    .click();
  await expect(notebook.row(1)).toHaveCount(0);

  await notebook.toBeWaiting(1);
  await expect(notebook.kernelStatus).toHaveAttribute('data-status', 'busy');
  await expect(page.locator('body')).not.toHaveAttribute('data-was-idle');
  // A culler asks the server.
  await expect
    .poll(() =>
      page.evaluate(async () => {
        const model = await fetch('/api/kernels');
        return ((await model.json()) as { execution_state: string }[]).map(
          kernel => kernel.execution_state
        );
      })
    )
    .toEqual(['busy']);

  await notebook.run(3);
  await notebook.toBeIdle();
  await expect(page.locator('body')).toHaveAttribute('data-was-idle', 'true');
});
