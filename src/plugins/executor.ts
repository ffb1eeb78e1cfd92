// What is imported here, the plugin needs when it is activated.
/* eslint-disable jupyter/prefer-lazy-imports */
import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { INotebookCellExecutor, runCell } from '@jupyterlab/notebook';

import { JobCellExecutor } from '../cell/executor';
import { IJobs } from '../tokens';
import type { JobSettings } from './settings';
import { IJobSettings } from './settings';

/**
 * Runs the cells of all notebooks, in place of JupyterLab's own executor.
 *
 * #### Notes
 * It must not depend on `INotebookTracker`, not even through another plugin: the
 * tracker's plugin itself depends on this token.
 */
const plugin: JupyterFrontEndPlugin<INotebookCellExecutor> = {
  id: 'jupyterlab-jobs:executor',
  description: 'Starts the jobs of a cell while the kernel is busy.',
  autoStart: true,
  provides: INotebookCellExecutor,
  requires: [IJobs, IJobSettings],
  activate: (
    _: JupyterFrontEnd,
    jobs: IJobs,
    settings: JobSettings
  ): INotebookCellExecutor => {
    return new JobCellExecutor({
      jobs,
      runCell,
      policy: () => settings.startWhileBusy
    });
  }
};

export default plugin;
