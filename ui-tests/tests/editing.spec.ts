import type { Page } from '@playwright/test';

import { expect, printedLines, SPIN, test } from './jobs';
import type { NotebookWithJobs } from './jobs';

/** What people do to the active cell, and take back: commands, or keys from command mode. */
const EDITS: Record<
  string,
  readonly string[] | ((page: Page) => Promise<void>)
> = {
  'moved down': ['notebook:move-cell-down'],
  'cut and pasted': ['notebook:cut-cell', 'notebook:paste-cell-below'],
  'deleted, and brought back': [
    'notebook:delete-cell',
    'notebook:undo-cell-action'
  ],
  'moved, and moved back': [
    'notebook:move-cell-down',
    'notebook:undo-cell-action'
  ],
  'merged, and separated': [
    'notebook:merge-cell-below',
    'notebook:undo-cell-action'
  ],
  'made text, and code again': [
    'notebook:change-cell-to-markdown',
    'notebook:change-cell-to-code'
  ],
  split: async ({ keyboard }) => {
    await keyboard.press('Enter');
    await keyboard.press('Control+End');
    await keyboard.press('Home');
    await keyboard.press('Control+Shift+Minus');
  },
  edited: async ({ keyboard }) => {
    await keyboard.press('Enter');
    await keyboard.press('Control+End');
    await keyboard.type(' + undefined');
  }
};

const NAMES = Object.keys(EDITS);

/** A job for every edit, and below each an ordinary cell. */
const JOBS = NAMES.flatMap((name, index) => [
  {
    id: idOf(index),
    source: `%%job\nprint("${name}", word)\ngo_on.wait(60)\nprint("end")`
  },
  'pass'
]);

const BEGIN =
  'import threading; gate, go_on = threading.Event(), threading.Event(); word = "before"';

function idOf(index: number): string {
  return `job-${index}`;
}

async function runJobs(notebook: NotebookWithJobs): Promise<void> {
  for (const index of NAMES.keys()) {
    await notebook.run(await notebook.indexOf(idOf(index)));
  }
}

async function editAll(notebook: NotebookWithJobs): Promise<void> {
  for (const [index, name] of NAMES.entries()) {
    await notebook.prompt(await notebook.indexOf(idOf(index))).click();
    const edit = EDITS[name];
    if (typeof edit === 'function') {
      await edit(notebook.page);
    } else {
      for (const command of edit) {
        await notebook.command(command);
      }
    }
  }
}

/** Every job has a single cell still, which has everything, once. */
async function expectAll(
  notebook: NotebookWithJobs,
  word: string,
  firstNumber: number
): Promise<void> {
  for (const [index, name] of NAMES.entries()) {
    await notebook.toHaveState(index + 1, 'finished');
    const cell = await notebook.indexOf(idOf(index));
    await expect(notebook.badge(cell)).toHaveAttribute(
      'data-state',
      'finished'
    );
    await expect
      .poll(() => printedLines(notebook.output(cell)))
      .toEqual([`${name} ${word}`, 'end']);
    await notebook.toHaveNumber(cell, firstNumber + index);
  }
}

test('a cell is moved, split, cut, merged, edited while its job runs', async ({
  openNotebook
}) => {
  const notebook = await openNotebook([BEGIN, 'go_on.set()', ...JOBS]);
  await notebook.openPanel();
  await notebook.run(0);
  await runJobs(notebook);
  for (const [index, name] of NAMES.entries()) {
    await expect(notebook.output(2 + 2 * index)).toContainText(name);
  }

  await editAll(notebook);
  await notebook.run(1);

  await expectAll(notebook, 'before', 2);
});

test('… and after a reload', async ({ openNotebook }) => {
  const notebook = await openNotebook([BEGIN, 'go_on.set()', ...JOBS]);
  await notebook.run(0);
  await runJobs(notebook);
  await notebook.toHaveNumber(await notebook.indexOf(idOf(7)), 9);
  await notebook.reload();
  await notebook.openPanel();
  await notebook.toHaveState(NAMES.length, 'running');

  await editAll(notebook);
  await notebook.run(1);

  await expectAll(notebook, 'before', 2);
});

test('… and while its job waits for another cell', async ({ openNotebook }) => {
  const notebook = await openNotebook([
    BEGIN,
    `${SPIN}\nword = "after"; go_on.set()`,
    ...JOBS,
    '%job gate.set()'
  ]);
  await notebook.openPanel();
  await notebook.makeBusy();
  await runJobs(notebook);
  for (const index of NAMES.keys()) {
    await notebook.toHaveState(index + 1, 'queued');
  }

  await editAll(notebook);
  await notebook.run(await notebook.indexOf(`cell-${JOBS.length + 2}`));

  await expect(notebook.row(NAMES.length + 1)).toBeVisible();
  await expectAll(notebook, 'after', 3);
});
