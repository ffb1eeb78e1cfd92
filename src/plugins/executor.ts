// What is imported here, the plugin needs when it is activated.
/* eslint-disable jupyter/prefer-lazy-imports */
import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { INotebookCellExecutor, runCell } from '@jupyterlab/notebook';
import { ISettingRegistry } from '@jupyterlab/settingregistry';

import { JobCellExecutor } from '../cell/executor';
import { IJobs } from '../tokens';
import { JobSettings } from './settings';

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
  requires: [IJobs],
  optional: [ISettingRegistry],
  activate: (
    _: JupyterFrontEnd,
    jobs: IJobs,
    registry: ISettingRegistry | null
  ): INotebookCellExecutor => {
    const settings = new JobSettings(registry);
    return new JobCellExecutor({
      jobs,
      runCell,
      policy: () => settings.startWhileBusy
    });
  }
};

export default plugin;
