// What is imported here, the plugin needs when it is activated.

import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { IStatusBar } from '@jupyterlab/statusbar';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { IJobs } from '../tokens';
import { countJobs } from '../view/counts';
import { StatusItem } from '../view/statusitem';
import { CommandIDs } from './commandids';
import { followAllJobs } from './followjobs';

/** After the kernel's state. */
const RANK = 3;

/**
 * How many jobs run and have failed, in the status bar.
 */
const plugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyterlab-jobs:status-bar',
  description: 'Shows in the status bar how many jobs run and have failed.',
  autoStart: true,
  requires: [IJobs],
  optional: [IStatusBar, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    jobs: IJobs,
    statusBar: IStatusBar | null,
    translator: ITranslator | null
  ) => {
    if (!statusBar) {
      return; // Notebook 7 has none.
    }
    const item = new StatusItem({
      open: () => void app.commands.execute(CommandIDs.openPanel),
      trans: (translator ?? nullTranslator).load('jupyterlab_jobs')
    });
    followAllJobs(jobs, known => {
      item.counts = countJobs([...known.values()].map(all => all.values()));
    });
    statusBar.registerStatusItem(plugin.id, {
      item,
      align: 'left',
      rank: RANK,
      isActive: () => item.isActive,
      activeStateChanged: item.activeStateChanged
    });
  }
};

export default plugin;
