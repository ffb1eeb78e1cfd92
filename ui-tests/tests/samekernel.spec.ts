import type { NotebookPanel } from '@jupyterlab/notebook';

import { expect, printedLines, test, uploadNotebook } from './jobs';

test('a second notebook and a console on the same kernel share its jobs', async ({
  openNotebook,
  page,
  tmpPath
}) => {
  const notebook = await openNotebook(['%job print("from the first")']);
  await notebook.openPanel();
  await notebook.run(0);
  await notebook.toHaveState(1, 'finished');

  await uploadNotebook(page, `${tmpPath}/other.ipynb`, [
    '%job print("from the second")'
  ]);
  await page.evaluate(async path => {
    const { commands, shell } = window.jupyterapp;
    const { sessionContext } = shell.currentWidget as NotebookPanel;
    const { id } = sessionContext.session!.kernel!;
    await commands.execute('docmanager:open', { path, kernel: { id } });
  }, `${tmpPath}/other.ipynb`);
  await expect(notebook.cell(0)).toContainText('from the second');
  await notebook.toBeIdle();
  // Its panel has the first one's job at once.
  await notebook.toHaveState(1, 'finished');
  await notebook.run(0);
  await notebook.toHaveState(2, 'finished');
  await expect(notebook.output(0)).toContainText('from the second');

  await notebook.command('notebook:create-console');
  const prompt = page.locator('.jp-CodeConsole-input .cm-content');
  await prompt.click();
  await page.keyboard.type('%job print("from the console")');
  await page.keyboard.press('Shift+Enter');
  await notebook.toHaveState(3, 'finished');
  await expect(page.locator('.jp-CodeConsole-content')).toContainText(
    'from the console'
  );
  await expect(notebook.row(3)).toContainText('from the console');

  // Nothing of it is under another cell.
  await page.evaluate(async path => {
    await window.jupyterapp.commands.execute('docmanager:open', { path });
  }, `${tmpPath}/test.ipynb`);
  await expect(notebook.output(0)).toContainText('from the first');
  await expect(notebook.output(0)).not.toContainText('from the second');
  await expect(notebook.output(0)).not.toContainText('from the console');
  for (const id of [1, 2, 3]) {
    await notebook.toHaveState(id, 'finished');
  }
});

test('two views of one notebook write each line once', async ({
  openNotebook,
  page
}) => {
  const notebook = await openNotebook([
    'import threading; gate = threading.Event()',
    '%%job\nimport time\ncount = 0\nwhile not gate.is_set():\n    print(count)\n    count += 1\n    time.sleep(0.02)',
    '%job gate.set()'
  ]);
  await notebook.openPanel();
  await notebook.run(0, 1);
  await expect(notebook.output(1)).toContainText('\n5\n');
  await notebook.command('docmanager:clone');
  await expect(page.locator('.jp-NotebookPanel')).toHaveCount(2);
  const front = page.locator('.jp-NotebookPanel').nth(1);
  const output = front.locator('.jp-Cell').nth(1).locator('.jp-OutputArea');
  await expect(output).toContainText('\n40\n');
  await notebook.command('jobs:kill-all');
  await notebook.toHaveState(1, 'killed');
  const lines = await printedLines(output);
  expect(lines).toEqual(lines.map((_, index) => `${index}`));
});
