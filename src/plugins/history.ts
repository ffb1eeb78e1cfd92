// What is imported here, the plugin needs when it is activated.
/* eslint-disable jupyter/prefer-lazy-imports */
import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { IWindowResolver } from '@jupyterlab/apputils';
import { PageConfig } from '@jupyterlab/coreutils';
import type { NotebookPanel } from '@jupyterlab/notebook';
import { INotebookTracker } from '@jupyterlab/notebook';
import type { Contents } from '@jupyterlab/services';
import { IStateDB } from '@jupyterlab/statedb';

import { HistoryKeeper } from '../model/historykeeper';
import type { IHistoryDatabase } from '../model/historystore';
import { HistoryStore } from '../model/historystore';
import { WebStorageDatabase } from '../model/webstorage';
import { IJobs } from '../tokens';
import { kernelIdOf } from './currentkernel';
import type { JobSettings } from './settings';
import { IJobSettings } from './settings';

/**
 * Remembers what became of the jobs of each notebook.
 */
const plugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyterlab-jobs:history',
  description: 'Remembers the jobs of earlier kernels.',
  autoStart: true,
  requires: [IJobs, INotebookTracker, IJobSettings],
  optional: [IStateDB, IWindowResolver],
  activate: (
    app: JupyterFrontEnd,
    jobs: IJobs,
    tracker: INotebookTracker,
    settings: JobSettings,
    state: IStateDB | null,
    resolver: IWindowResolver | null
  ): void => {
    const count = () => settings.historySize;
    const root = PageConfig.getOption('serverRoot');
    const prefix = `jupyterlab-jobs:${app.serviceManager.serverSettings.baseUrl}:`;
    // Without a workspace, as in Notebook 7, the state database ends with the page.
    const store = new HistoryStore({
      ...(state && resolver
        ? {
            database: state as IHistoryDatabase,
            journal: new WebStorageDatabase(sessionStorage, prefix)
          }
        : { database: new WebStorageDatabase(localStorage, prefix) }),
      root,
      count
    });
    const keepers = new Set<HistoryKeeper>();
    const keep = (panel: NotebookPanel) => {
      const keeper = new HistoryKeeper({
        jobs,
        store,
        path: panel.context.path
      });
      keepers.add(keeper);
      keepHistory(panel, keeper);
      panel.disposed.connect(() => {
        keepers.delete(keeper);
        keeper.dispose();
      });
    };
    tracker.forEach(keep);
    tracker.widgetAdded.connect((_, panel) => keep(panel));
    app.serviceManager.contents.fileChanged.connect((_, change) => {
      followFile(change, store, keepers);
    });
    window.addEventListener('pagehide', () => {
      keepers.forEach(keeper => keeper.flush(true));
    });
  }
};

export default plugin;

/**
 * Histories go with the files, also with those that are not open.
 */
function followFile(
  { type, oldValue, newValue }: Contents.IChangedArgs,
  store: HistoryStore,
  keepers: Iterable<HistoryKeeper>
): void {
  const before = oldValue?.path;
  if (!before) {
    return;
  }
  if (type === 'rename' && newValue?.path) {
    void store.rename(before, newValue.path);
  } else if (type === 'delete') {
    void store.remove(before);
    // A notebook of a deleted directory stays open, and JupyterLab closes others only now:
    // what is left to say about their jobs is not to be stored, unless they are saved again.
    for (const keeper of keepers) {
      if (keeper.path !== null && `${keeper.path}/`.startsWith(`${before}/`)) {
        keeper.path = null;
      }
    }
  }
}

/**
 * Tell a keeper where its notebook is, and which kernel it has.
 */
function keepHistory(panel: NotebookPanel, keeper: HistoryKeeper): void {
  const { context, sessionContext } = panel;
  const updateKernel = () => {
    keeper.kernelId = kernelIdOf(sessionContext);
  };
  const updatePath = () => {
    keeper.path = context.path;
  };
  sessionContext.kernelChanged.connect(updateKernel);
  context.pathChanged.connect(updatePath);
  context.fileChanged.connect(updatePath);
  panel.disposed.connect(() => {
    sessionContext.kernelChanged.disconnect(updateKernel);
    context.pathChanged.disconnect(updatePath);
    context.fileChanged.disconnect(updatePath);
  });
  updateKernel();
}
