import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { Cell } from '@jupyterlab/cells';
import type { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';

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
