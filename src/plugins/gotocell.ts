import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { Cell, CodeCell } from '@jupyterlab/cells';
import type { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';

import { errorLine } from '../view/traceback';
import { kernelIdOf } from './currentkernel';
import type { IFoundJob } from './findjob';

/**
 * The cell that has started a job, and its notebook, if one that is open still has it.
 */
export function findCell(
  { job, kernel }: IFoundJob,
  tracker: INotebookTracker
): { notebook: NotebookPanel; cell: Cell; index: number } | null {
  const indexIn = ({ content }: NotebookPanel) =>
    content.widgets.findIndex(cell => cell.model.id === job.cellId);

  // A copy of a notebook has cells with the same ids: the kernel tells them apart.
  const notebook = tracker.find(
    panel =>
      kernelIdOf(panel.sessionContext) === kernel.kernelId &&
      indexIn(panel) !== -1
  );
  if (!notebook) {
    return null;
  }
  const index = indexIn(notebook);
  return { notebook, cell: notebook.content.widgets[index], index };
}

/**
 * Put the cursor on the line of the notebook that has raised a job's error.
 *
 * @returns whether an open notebook still has it.
 */
export async function goToLine(
  found: IFoundJob,
  tracker: INotebookTracker,
  shell: JupyterFrontEnd.IShell
): Promise<boolean> {
  const { job, kernel } = found;
  const where = job.error && errorLine(job.error);
  if (!where) {
    return goToCell(found, tracker, shell);
  }
  // The line may be in a function that another cell has defined.
  const hasNumber = (cell: Cell) =>
    cell.model.sharedModel.cell_type === 'code' &&
    (cell as CodeCell).model.executionCount === where.executionCount;
  const own = findCell(found, tracker);
  const notebook =
    own && (hasNumber(own.cell) || own.notebook.content.widgets.some(hasNumber))
      ? own.notebook
      : tracker.find(
          panel =>
            kernelIdOf(panel.sessionContext) === kernel.kernelId &&
            panel.content.widgets.some(hasNumber)
        );
  if (!notebook) {
    return false;
  }
  const { content } = notebook;
  shell.activateById(notebook.id);
  const index = content.widgets.findIndex(hasNumber);
  content.deselectAll();
  content.activeCellIndex = index;
  content.mode = 'edit';
  await content.scrollToItem(index, 'smart');
  const { editor } = content.widgets[index];
  editor?.setCursorPosition({ line: where.line - 1, column: 0 });
  editor?.revealPosition({ line: where.line - 1, column: 0 });
  editor?.focus();
  return true;
}

/**
 * Bring the cell of a job into view.
 *
 * @returns whether an open notebook still has it.
 */
export async function goToCell(
  found: IFoundJob,
  tracker: INotebookTracker,
  shell: JupyterFrontEnd.IShell
): Promise<boolean> {
  const place = findCell(found, tracker);
  if (!place) {
    return false;
  }
  const { notebook, index } = place;
  shell.activateById(notebook.id);
  notebook.content.deselectAll();
  notebook.content.activeCellIndex = index;
  await notebook.content.scrollToItem(index, 'smart');
  return true;
}
