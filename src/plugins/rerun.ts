// What is imported here, the plugin needs when it is activated.
/* eslint-disable jupyter/prefer-lazy-imports */
import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette, Notification } from '@jupyterlab/apputils';
import {
  INotebookCellExecutor,
  INotebookTracker,
  NotebookActions
} from '@jupyterlab/notebook';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { refreshIcon } from '@jupyterlab/ui-components';
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';

import { JobCellExecutor } from '../cell/executor';
import { classifyCell } from '../cell/parse';
import type { IJob } from '../model/job';
import { canRerun } from '../model/job';
import { IJobs } from '../tokens';
import { CommandIDs } from './commandids';
import { findJob } from './findjob';
import { findCell } from './gotocell';
import { jobArgs } from './jobargs';
import { rowArgs } from './rowargs';

/**
 * Runs the cell of a job again.
 */
const plugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyterlab-jobs:rerun',
  description: 'Adds the command that runs the cell of a job again.',
  autoStart: true,
  requires: [IJobs, INotebookTracker, INotebookCellExecutor],
  optional: [ICommandPalette, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    jobs: IJobs,
    tracker: INotebookTracker,
    executor: INotebookCellExecutor,
    palette: ICommandPalette | null,
    translator: ITranslator | null
  ): void => {
    const trans = (translator ?? nullTranslator).load('jupyterlab_jobs');
    const find = (args: ReadonlyPartialJSONObject) =>
      findJob(rowArgs(args, app), jobs, tracker, canRerun);
    const isOffered = (job: IJob | undefined) =>
      job !== undefined && canRerun(job);
    const command = CommandIDs.rerun;
    app.commands.addCommand(command, {
      label: trans.__('Run Cell of Job Again'),
      caption: trans.__(
        'Run the cell of a job that has ended, or of the newest one, as it is now'
      ),
      icon: refreshIcon,
      describedBy: { args: jobArgs(trans) },
      isEnabled: args => isOffered(find(args)?.job),
      isVisible: args => args.fromRow !== true || isOffered(find(args)?.job),
      execute: async args => {
        const found = find(args);
        if (!found || !isOffered(found.job)) {
          return;
        }
        const place = findCell(found, tracker);
        if (!place) {
          Notification.info(
            trans.__(
              'The cell of job %1 is in no open notebook any more.',
              found.job.id
            )
          );
          return;
        }
        const { content, sessionContext } = place.notebook;
        const run = () =>
          NotebookActions.runCells(content, [place.cell], sessionContext);
        // A cell may have been run as a job without saying so itself; what Python has
        // started (`jobs.submit`) starts again when its cell is run as any other.
        const isPlain =
          found.job.lane !== 'api' &&
          classifyCell(place.cell.model.sharedModel.getSource()) === 'none';
        await (isPlain && executor instanceof JobCellExecutor
          ? executor.runAsJobs(run)
          : run());
      }
    });
    palette?.addItem({ command, category: trans.__('Jobs') });
  }
};

export default plugin;
