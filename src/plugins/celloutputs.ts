// What is imported here, the plugin needs when it is activated.
/* eslint-disable jupyter/prefer-lazy-imports */
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
    /** The views of each document. */
    const documents = new Map<NotebookPanel['context'], Set<NotebookPanel>>();
    const follow = (panel: NotebookPanel) => {
      const { context } = panel;
      const known = documents.get(context);
      const views = known ?? new Set<NotebookPanel>();
      views.add(panel);
      panel.disposed.connect(() => views.delete(panel));
      if (known) {
        return;
      }
      documents.set(context, views);
      context.disposed.connect(() => documents.delete(context));
      void context.ready.then(() => {
        // A document that several pages share would be written by each of them.
        if (!context.isDisposed && !context.model.collaborative) {
          followKernels(context, views, jobs);
        }
      });
    };
    tracker.forEach(follow);
    tracker.widgetAdded.connect((_, panel) => follow(panel));
  }
};

export default plugin;

/**
 * Write the cells of a document from whatever kernel it has, one after the other.
 */
function followKernels(
  { disposed, model, sessionContext }: NotebookPanel['context'],
  panels: ReadonlySet<NotebookPanel>,
  jobs: IJobs
): void {
  const views = () => [...panels].map(panel => panel.content);
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
      outputs = new CellOutputs({ cells: model.cells, views, jobs: kernel });
    }
  };
  update();
  sessionContext.kernelChanged.connect(update);
  // The kernel may be followed only after its change was told.
  jobs.kernelsChanged.connect(update);
  disposed.connect(() => {
    sessionContext.kernelChanged.disconnect(update);
    jobs.kernelsChanged.disconnect(update);
    outputs?.dispose();
  });
}
