import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import type { NotebookPanel } from '@jupyterlab/notebook';
import { INotebookTracker } from '@jupyterlab/notebook';
import type { IDisposable } from '@lumino/disposable';

import { knownLanguage } from '../kernel/language';
import { IJobs } from '../tokens';

/**
 * Follows the kernels of the notebooks.
 */
const plugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyterlab-jobs:notebooks',
  description: "Follows the jobs of the notebooks' kernels.",
  autoStart: true,
  requires: [INotebookTracker, IJobs],
  activate: (_: JupyterFrontEnd, tracker: INotebookTracker, jobs: IJobs) => {
    const follow = (panel: NotebookPanel) => followKernels(panel, jobs);
    tracker.forEach(follow);
    tracker.widgetAdded.connect((_, panel) => follow(panel));
  }
};

export default plugin;

/**
 * Follow whatever kernel a notebook has, one after the other.
 */
function followKernels(panel: NotebookPanel, jobs: IJobs): void {
  const { sessionContext } = panel;
  let handle: IDisposable | null = null;
  const update = () => {
    const kernel = sessionContext.session?.kernel;
    // Without a kernel, the last one's jobs stay in sight.
    if (kernel) {
      const previous = handle;
      handle = jobs.attach(kernel, knownLanguage(sessionContext, kernel));
      previous?.dispose();
    }
  };
  update();
  sessionContext.kernelChanged.connect(update);
  panel.disposed.connect(() => {
    sessionContext.kernelChanged.disconnect(update);
    handle?.dispose();
  });
}
