import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import type { NotebookPanel } from '@jupyterlab/notebook';
import { INotebookTracker } from '@jupyterlab/notebook';

import { IJobs } from '../tokens';
import { CellOutputs } from '../view/celloutputs';

/**
 * Brings the cells up to date after a reload or an interrupted connection.
 */
const plugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyterlab-jobs:cell-outputs',
  description: 'Shows under the cells what a page has missed of their jobs.',
  autoStart: true,
  requires: [INotebookTracker, IJobs],
  activate: (_: JupyterFrontEnd, tracker: INotebookTracker, jobs: IJobs) => {
    const follow = (panel: NotebookPanel) => {
      void panel.context.ready.then(() => {
        // A document that several pages share would be written by each of them.
        if (!panel.isDisposed && !panel.context.model.collaborative) {
          followKernels(panel, jobs);
        }
      });
    };
    tracker.forEach(follow);
    tracker.widgetAdded.connect((_, panel) => follow(panel));
  }
};

export default plugin;

/**
 * Write the cells of a notebook from whatever kernel it has, one after the other.
 */
function followKernels(panel: NotebookPanel, jobs: IJobs): void {
  const { sessionContext, content } = panel;
  let outputs: CellOutputs | null = null;
  let followed: string | undefined;
  const update = () => {
    const id = sessionContext.session?.kernel?.id;
    if (id === followed && outputs) {
      return;
    }
    outputs?.dispose();
    outputs = null;
    followed = id;
    const kernel = id === undefined ? null : jobs.get(id);
    if (kernel) {
      outputs = new CellOutputs({ notebook: content, jobs: kernel });
    }
  };
  update();
  sessionContext.kernelChanged.connect(update);
  // The kernel may be followed only after its change was told.
  jobs.kernelsChanged.connect(update);
  panel.disposed.connect(() => {
    sessionContext.kernelChanged.disconnect(update);
    jobs.kernelsChanged.disconnect(update);
    outputs?.dispose();
  });
}
