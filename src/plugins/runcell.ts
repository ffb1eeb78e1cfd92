// What is imported here, the plugin needs when it is activated.
/* eslint-disable jupyter/prefer-lazy-imports */
import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import {
  INotebookCellExecutor,
  INotebookTracker,
  NotebookActions
} from '@jupyterlab/notebook';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { JobCellExecutor } from '../cell/executor';
import { jobsIcon } from '../view/icons';
import { CommandIDs } from './commandids';

/**
 * Runs the selected cells as jobs, without a change of them.
 */
const plugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyterlab-jobs:run-cell',
  description: 'Adds the command that runs the selected cells as jobs.',
  autoStart: true,
  requires: [INotebookTracker, INotebookCellExecutor],
  optional: [ICommandPalette, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    tracker: INotebookTracker,
    executor: INotebookCellExecutor,
    palette: ICommandPalette | null,
    translator: ITranslator | null
  ): void => {
    const trans = (translator ?? nullTranslator).load('jupyterlab_jobs');
    // Another extension may run the cells in a way of its own.
    const ours = executor instanceof JobCellExecutor ? executor : null;
    const command = CommandIDs.runCell;
    app.commands.addCommand(command, {
      label: trans.__('Run Selected Cells as Jobs'),
      caption: trans.__(
        'Run the selected cells in the background, as if %%job stood above each'
      ),
      icon: jobsIcon,
      describedBy: { args: { type: 'object', properties: {} } },
      isEnabled: () =>
        ours !== null &&
        Boolean(tracker.currentWidget?.sessionContext.session?.kernel),
      execute: () => {
        const panel = tracker.currentWidget;
        if (ours && panel) {
          return ours.runAsJobs(() =>
            NotebookActions.run(panel.content, panel.sessionContext)
          );
        }
      }
    });
    palette?.addItem({ command, category: trans.__('Jobs') });

    // For the button in the toolbar.
    const onKernelChanged = () => app.commands.notifyCommandChanged(command);
    tracker.currentChanged.connect(onKernelChanged);
    tracker.widgetAdded.connect((_, { sessionContext }) => {
      sessionContext.kernelChanged.connect(onKernelChanged);
    });
  }
};

export default plugin;
