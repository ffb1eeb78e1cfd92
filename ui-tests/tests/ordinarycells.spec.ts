import { galata } from '@jupyterlab/galata';
import type { ICodeCell } from '@jupyterlab/nbformat';
import type { ExecutionIndicator, NotebookPanel } from '@jupyterlab/notebook';
import type { Page } from '@playwright/test';

import {
  ENDLESS,
  expect,
  GATE,
  printedLines,
  SPIN,
  test,
  untilThereIs
} from './jobs';

/** What the notebook in front would write into its file for a cell. */
async function saved(page: Page, index: number): Promise<ICodeCell> {
  return await page.evaluate(index => {
    const { content } = window.jupyterapp.shell.currentWidget as NotebookPanel;
    return content.widgets[index].model.toJSON() as ICodeCell;
  }, index);
}

/** Whether the notebook in front has something to save. */
async function isDirty(page: Page): Promise<boolean> {
  return await page.evaluate(() => {
    const { context } = window.jupyterapp.shell.currentWidget as NotebookPanel;
    return context.model.dirty;
  });
}

/**
 * Wait until the indicator begins anew with the next cell. Of cells that follow each other
 * within a second it may lose the time: the timers of one stop the clock of the next
 * (JupyterLab's `_scheduleSwitchToIdle`).
 */
async function untilTheClockIsReset(page: Page): Promise<void> {
  await page.waitForFunction(() => {
    const panel = window.jupyterapp.shell.currentWidget as NotebookPanel;
    const indicator = Array.from(panel.toolbar.children()).find(
      item => 'model' in item
    ) as ExecutionIndicator;
    const state = indicator.model.executionState(panel.content);
    return state!.executionStatus === 'idle' && state!.needReset;
  });
}

test.describe('with recorded times', () => {
  test.use({
    mockSettings: {
      ...galata.DEFAULT_SETTINGS,
      '@jupyterlab/notebook-extension:tracker': {
        recordTiming: true,
        windowingMode: 'defer'
      }
    }
  });

  test('numbers, history, times and the progress of the notebook are as those of cells, on both lanes', async ({
    openNotebook,
    page
  }) => {
    const notebook = await openNotebook([
      GATE,
      SPIN,
      '%job print("express")',
      '%job gate.set()',
      '%job print("queue")',
      '%history -n'
    ]);
    await notebook.run(0);
    await notebook.toHaveNumber(0, 1);
    await untilTheClockIsReset(page);
    await notebook.run(1);
    await notebook.toBeWaiting(1);
    await expect(notebook.kernelStatus).toHaveAttribute('data-status', 'busy');
    await notebook.run(2);
    await expect(notebook.output(2)).toContainText('express');
    await expect(notebook.badge(2)).toHaveAttribute('data-state', 'finished');
    // It counts whole seconds, and says nothing about less than one.
    await notebook.kernelStatus.hover();
    await expect(notebook.kernelStatus).toHaveText(/Elapsed time: [1-9]/);
    await notebook.run(3);
    await notebook.toHaveNumber(3, 4);
    await notebook.toBeIdle();
    await notebook.kernelStatus.hover();
    // With those that have run a moment before, and the runtime itself.
    await expect(notebook.kernelStatus).toHaveText(/Executed [345] cells/);
    await notebook.run(4);
    await expect(notebook.output(4)).toContainText('queue');
    await notebook.run(5);
    await notebook.toHaveNumber(5, 6);

    await expect(notebook.output(5)).toHaveText(
      /3: %job print\("express"\)\s+4: %job gate.set\(\)\s+5: %job print\("queue"\)/
    );
    for (const index of [1, 2, 3, 4]) {
      await notebook.toHaveNumber(index, index + 1);
      const { execution } = (await saved(page, index)).metadata;
      const times = execution as Record<string, string>;
      const inOrder = [
        'iopub.status.busy',
        'iopub.execute_input',
        'shell.execute_reply'
      ].map(name => Date.parse(times[name]));
      expect(inOrder).not.toContain(NaN);
      expect(inOrder).toEqual([...inOrder].sort((a, b) => a - b));
    }
  });
});

test('a notebook is dirty when a job has written, and not because one runs', async ({
  openNotebook,
  page
}) => {
  const notebook = await openNotebook([
    `${GATE}; end = threading.Event()`,
    '%%job\ngate.wait(60)\nprint("written")\nend.wait(60)'
  ]);
  await notebook.run(0, 1);
  await expect(notebook.badge(1)).toHaveAttribute('data-state', 'running');
  await notebook.toHaveNumber(1, 2);
  await page.notebook.save();
  await expect(notebook.badge(1)).toContainText('3 s');
  expect(await isDirty(page)).toBe(false);

  await notebook.execute('gate.set()');
  await expect(notebook.output(1)).toContainText('written');
  expect(await isDirty(page)).toBe(true);

  await page.notebook.save();
  expect(await isDirty(page)).toBe(false);
  await notebook.execute('end.set()');
  await expect(notebook.badge(1)).toHaveAttribute('data-state', 'finished');
  await expect.poll(() => isDirty(page)).toBe(true);
});

test('an interrupt ends the cell and what waits for it, and no job that runs', async ({
  openNotebook
}) => {
  const notebook = await openNotebook([
    GATE,
    `${SPIN}\nword = "late"`,
    '%job print(word)',
    ENDLESS,
    'print("next")'
  ]);
  await notebook.openPanel();
  await notebook.makeBusy();
  await notebook.run(2, 3, 4);
  await notebook.toHaveState(1, 'queued');
  await notebook.toHaveState(2, 'running');

  await notebook.interrupt();

  await expect(notebook.output(1)).toContainText('KeyboardInterrupt');
  await notebook.toHaveState(1, 'killed');
  for (const place of [notebook.row(1), notebook.badge(2)]) {
    await expect(place).toContainText(
      'the cell that it waited for was interrupted'
    );
  }
  for (const index of [2, 3, 4]) {
    await expect(notebook.prompt(index)).toHaveText('[ ]:');
  }
  await notebook.toHaveState(2, 'running');
  await notebook.toBeIdle();
  await notebook.run(4);
  await expect(notebook.output(4)).toContainText('next');
  await notebook.killButton(notebook.badge(3), 2).click();
  await notebook.toHaveState(2, 'killed');
});

test('a copy of a cell shows the job that it was copied with', async ({
  openNotebook
}) => {
  const notebook = await openNotebook([
    GATE,
    '%%job\nprint("one")\ngate.wait(60)\nprint("two")',
    'gate.set()'
  ]);
  await notebook.run(0, 1);
  await expect(notebook.output(1)).toContainText('one');
  await notebook.prompt(1).click();
  await notebook.command('notebook:copy-cell');
  await notebook.command('notebook:paste-cell-below');

  await expect(notebook.badge(2)).toHaveAttribute('data-state', 'running');
  await notebook.run(3);

  for (const index of [1, 2]) {
    await expect(notebook.badge(index)).toHaveAttribute(
      'data-state',
      'finished'
    );
  }
  await expect(notebook.output(1)).toContainText('two');
  expect(await printedLines(notebook.output(2))).toEqual(['one']);

  // It is a cell of its own.
  await notebook.run(2);
  await notebook.toHaveNumber(2, 4);
  await expect
    .poll(() => printedLines(notebook.output(2)))
    .toEqual(['one', 'two']);
  await expect(notebook.badge(1)).toContainText('Job 1');
});

test('a job goes on in a notebook that is renamed, closed and opened again', async ({
  openNotebook,
  page,
  tmpPath
}) => {
  const notebook = await openNotebook([
    'import os, time',
    '%%job\nprint("one")\n' +
      'while not os.path.exists("closed"): time.sleep(0.01)\n' +
      'print("two")\nopen("written", "w").close()\n' +
      'while not os.path.exists("opened"): time.sleep(0.01)\n' +
      'print("three")'
  ]);
  await notebook.run(0, 1);
  await expect(notebook.output(1)).toContainText('one');
  await page.evaluate(async () => {
    const panel = window.jupyterapp.shell.currentWidget as NotebookPanel;
    await panel.context.rename('renamed.ipynb');
    await panel.context.save();
    panel.close();
  });
  await expect(page.locator('.jp-NotebookPanel')).toHaveCount(0);
  await page.contents.uploadContent('', 'text', `${tmpPath}/closed`);
  await untilThereIs(page, `${tmpPath}/written`);

  await page.evaluate(
    path =>
      void window.jupyterapp.commands.execute('docmanager:open', { path }),
    `${tmpPath}/renamed.ipynb`
  );
  await notebook.openPanel();

  await expect
    .poll(() => printedLines(notebook.output(1)))
    .toEqual(['one', 'two']);
  await page.contents.uploadContent('', 'text', `${tmpPath}/opened`);
  await notebook.toHaveState(1, 'finished');
  await expect
    .poll(() => printedLines(notebook.output(1)))
    .toEqual(['one', 'two', 'three']);
  await expect(notebook.badge(1)).toHaveAttribute('data-state', 'finished');
});
