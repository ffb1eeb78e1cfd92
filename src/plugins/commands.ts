// What is imported here, the plugin needs when it is activated.
/* eslint-disable jupyter/prefer-lazy-imports */
import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { Clipboard, ICommandPalette, Notification } from '@jupyterlab/apputils';
import { INotebookTracker } from '@jupyterlab/notebook';
import type { TranslationBundle } from '@jupyterlab/translation';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import {
  cleaningIcon,
  copyIcon,
  downloadIcon,
  runIcon,
  stopIcon
} from '@jupyterlab/ui-components';
import type { CommandRegistry } from '@lumino/commands';
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';

import type { IJob } from '../model/job';
import { canLand, hasEnded, jobKey } from '../model/job';
import { IJobs } from '../tokens';
import { jobsIcon } from '../view/icons';
import { IJobsPanel } from '../view/tokens';
import { tracebackText } from '../view/traceback';
import { CommandIDs } from './commandids';
import { findJob } from './findjob';
import { goToCell, goToLine } from './gotocell';
import { jobArgs } from './jobargs';
import { kernelCommands } from './kernelcommands';
import { landVariables } from './landvariables';
import { reportFailure } from './reportfailure';
import { rowArgs } from './rowargs';
import { saveOutput } from './saveoutput';

/**
 * The commands, for the palette, shortcuts, menus and other extensions.
 */
const plugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyterlab-jobs:commands',
  description: 'Adds the commands for jobs.',
  autoStart: true,
  requires: [IJobs],
  optional: [IJobsPanel, INotebookTracker, ICommandPalette, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    jobs: IJobs,
    panel: IJobsPanel | null,
    tracker: INotebookTracker | null,
    palette: ICommandPalette | null,
    translator: ITranslator | null
  ): void => {
    const trans = (translator ?? nullTranslator).load('jupyterlab_jobs');
    const all: Record<string, CommandRegistry.ICommandOptions> = {
      ...panelCommands(app, panel, trans),
      ...kernelCommands(jobs, tracker, trans),
      ...jobCommands(app, jobs, tracker, trans)
    };
    for (const [command, options] of Object.entries(all)) {
      app.commands.addCommand(command, {
        ...options,
        // A row's menu has what can be done with its job, and nothing else.
        isVisible: args =>
          args.fromRow !== true || app.commands.isEnabled(command, args)
      });
      palette?.addItem({ command, category: trans.__('Jobs') });
    }
  }
};

export default plugin;

function panelCommands(
  app: JupyterFrontEnd,
  panel: IJobsPanel | null,
  trans: TranslationBundle
): Record<string, CommandRegistry.ICommandOptions> {
  return {
    [CommandIDs.openPanel]: {
      label: trans.__('Show Jobs'),
      caption: trans.__('Show the background jobs of the current notebook'),
      icon: jobsIcon,
      describedBy: { args: jobArgs(trans) },
      isEnabled: () => panel !== null,
      execute: args => {
        if (!panel) {
          return;
        }
        app.shell.activateById(panel.id);
        if (typeof args.runtime === 'string' && typeof args.id === 'number') {
          panel.reveal(jobKey(args.runtime, args.id));
        }
      }
    }
  };
}

function jobCommands(
  app: JupyterFrontEnd,
  jobs: IJobs,
  tracker: INotebookTracker | null,
  trans: TranslationBundle
): Record<string, CommandRegistry.ICommandOptions> {
  const find = (
    args: ReadonlyPartialJSONObject,
    isMeant: (job: IJob) => boolean
  ) => findJob(rowArgs(args, app), jobs, tracker, isMeant);
  return {
    [CommandIDs.kill]: {
      label: args => {
        const { id } = rowArgs(args, app);
        return typeof id === 'number'
          ? trans.__('Kill Job %1', id)
          : trans.__('Kill Newest Job');
      },
      caption: trans.__('Kill a job, or the newest one that has not ended'),
      icon: stopIcon,
      describedBy: { args: jobArgs(trans) },
      isEnabled: args => {
        const found = find(args, isAlive);
        // By its number also one that has ended, which is then told.
        return found !== null && (args.fromRow !== true || isAlive(found.job));
      },
      execute: args => {
        const found = find(args, isAlive);
        if (!found) {
          return;
        }
        const { job, kernel } = found;
        if (hasEnded(job.state)) {
          Notification.info(trans.__('Job %1 has already ended.', job.id));
          return;
        }
        return reportFailure(
          kernel.kill([job.id]),
          trans.__('Failed to kill job %1.', job.id)
        );
      }
    },
    [CommandIDs.startNow]: {
      label: args => {
        const { id } = rowArgs(args, app);
        return typeof id === 'number'
          ? trans.__('Start Job %1 Now', id)
          : trans.__('Start Newest Waiting Job Now');
      },
      caption: trans.__(
        'Start a job, or the newest one that is queued, whatever it waits for'
      ),
      icon: runIcon,
      describedBy: { args: jobArgs(trans) },
      isEnabled: args => find(args, isQueued)?.job.state === 'queued',
      execute: args => {
        const found = find(args, isQueued);
        return reportFailure(
          found?.kernel.startNow(found.job.id),
          trans.__('Failed to start the job.')
        );
      }
    },
    [CommandIDs.goToCell]: {
      label: trans.__('Go to Cell of Job'),
      caption: trans.__('Show the cell that started a job, or the newest job'),
      describedBy: { args: jobArgs(trans) },
      isEnabled: args => find(args, hasCell) !== null,
      execute: async args => {
        const found = find(args, hasCell);
        if (found && tracker && !(await goToCell(found, tracker, app.shell))) {
          Notification.info(
            trans.__(
              'The cell of job %1 is in no open notebook any more.',
              found.job.id
            )
          );
        }
      }
    },
    [CommandIDs.goToLine]: {
      label: trans.__('Go to Line of Error of Job'),
      caption: trans.__(
        'Show the line that raised the error of a job, or of the newest that failed'
      ),
      describedBy: { args: jobArgs(trans) },
      isEnabled: args => Boolean(find(args, hasError)?.job.error),
      execute: async args => {
        const found = find(args, hasError);
        if (found && tracker && !(await goToLine(found, tracker, app.shell))) {
          Notification.info(
            trans.__('The line is in no cell of an open notebook any more.')
          );
        }
      }
    },
    [CommandIDs.saveOutput]: {
      label: trans.__('Save Output of Job…'),
      caption: trans.__(
        'Download everything that a job, or the newest one, has written'
      ),
      icon: downloadIcon,
      describedBy: { args: jobArgs(trans) },
      isEnabled: args => find(args, isAny) !== null,
      execute: args => {
        const found = find(args, isAny);
        return reportFailure(
          found ? saveOutput(found, trans) : undefined,
          trans.__('Failed to save the output.')
        );
      }
    },
    [CommandIDs.remove]: {
      label: trans.__('Remove Job'),
      caption: trans.__(
        'Remove a job that has ended, or the newest one, from the list'
      ),
      icon: cleaningIcon,
      describedBy: { args: jobArgs(trans) },
      isEnabled: args => hasEnded(find(args, isOver)?.job.state ?? 'running'),
      execute: args => {
        const found = find(args, isOver);
        return reportFailure(
          found?.kernel.remove(found.job),
          trans.__('Failed to remove the job.')
        );
      }
    },
    [CommandIDs.land]: {
      label: trans.__('Land Variables of Job'),
      caption: trans.__(
        'Make what a job, or the newest one, has assigned so far the notebook’s'
      ),
      describedBy: { args: jobArgs(trans) },
      isEnabled: args => {
        const found = find(args, canLand);
        return found !== null && canLand(found.job);
      },
      execute: args => {
        const found = find(args, canLand);
        return reportFailure(
          found ? landVariables(found, trans) : undefined,
          trans.__('Failed to land the variables.')
        );
      }
    },
    [CommandIDs.copyTraceback]: {
      label: trans.__('Copy Traceback of Job'),
      caption: trans.__(
        'Copy the traceback of a job, or of the newest that failed'
      ),
      icon: copyIcon,
      describedBy: { args: jobArgs(trans) },
      isEnabled: args => Boolean(find(args, hasError)?.job.error),
      execute: args => {
        const error = find(args, hasError)?.job.error;
        if (error) {
          Clipboard.copyToSystem(tracebackText(error));
        }
      }
    }
  };
}

function isAlive(job: IJob): boolean {
  return !hasEnded(job.state);
}

function isOver(job: IJob): boolean {
  return hasEnded(job.state);
}

function isQueued(job: IJob): boolean {
  return job.state === 'queued';
}

function hasCell(job: IJob): boolean {
  return job.cellId !== null;
}

function isAny(): boolean {
  return true;
}

function hasError(job: IJob): boolean {
  return job.error !== null;
}
