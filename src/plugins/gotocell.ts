import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';

import { kernelIdOf } from './currentkernel';
import type { IFoundJob } from './findjob';

/**
 * Bring the cell of a job into view.
 *
 * @returns whether an open notebook still has it.
 */
export async function goToCell(
  { job, kernel }: IFoundJob,
  tracker: INotebookTracker,
  shell: JupyterFrontEnd.IShell
): Promise<boolean> {
  const indexIn = ({ content }: NotebookPanel) =>
    content.widgets.findIndex(cell => cell.model.id === job.cellId);

  // A copy of a notebook has cells with the same ids: the kernel tells them apart.
  const notebook = tracker.find(
    panel =>
      kernelIdOf(panel.sessionContext) === kernel.kernelId &&
      indexIn(panel) !== -1
  );
  if (!notebook) {
    return false;
  }
  shell.activateById(notebook.id);
  const index = indexIn(notebook);
  notebook.content.deselectAll();
  notebook.content.activeCellIndex = index;
  await notebook.content.scrollToItem(index, 'smart');
  return true;
}
