import { Dialog, showDialog } from '@jupyterlab/apputils';
import type { INotebookTracker } from '@jupyterlab/notebook';
import type { TranslationBundle } from '@jupyterlab/translation';
import { cleaningIcon, stopIcon } from '@jupyterlab/ui-components';
import type { CommandRegistry } from '@lumino/commands';
import type {
  ReadonlyJSONObject,
  ReadonlyPartialJSONObject
} from '@lumino/coreutils';

import type { IJobs, IKernelJobs } from '../tokens';
import { countJobs } from '../view/counts';
import { CommandIDs } from './commandids';
import { findKernelJobs } from './findjob';
import { reportFailure } from './reportfailure';

/**
 * The commands for all jobs of a notebook, or of all notebooks.
 */
export function kernelCommands(
  jobs: IJobs,
  tracker: INotebookTracker | null,
  trans: TranslationBundle
): Record<string, CommandRegistry.ICommandOptions> {
  const kernelsOf = (args: ReadonlyPartialJSONObject): IKernelJobs[] => {
    if (args.everywhere === true) {
      return [...jobs.kernels];
    }
    const kernel = findKernelJobs(args, jobs, tracker);
    return kernel ? [kernel] : [];
  };
  return {
    [CommandIDs.killAll]: {
      label: args =>
        args.everywhere === true
          ? trans.__('Kill All Jobs of All Notebooks')
          : trans.__('Kill All Jobs'),
      caption: trans.__('Kill all jobs of the current notebook'),
      icon: stopIcon,
      describedBy: { args: kernelArgs(trans) },
      isEnabled: args => kernelsOf(args).some(one => aliveIn(one) > 0),
      execute: async args => {
        const kernels = kernelsOf(args).filter(one => aliveIn(one) > 0);
        if (await confirmKillAll(kernels, args.everywhere === true, trans)) {
          await reportFailure(
            Promise.all(kernels.map(one => one.killAll())),
            trans.__('Failed to kill all jobs.')
          );
        }
      }
    },
    [CommandIDs.clear]: {
      label: args =>
        args.everywhere === true
          ? trans.__('Clear Ended Jobs of All Notebooks')
          : trans.__('Clear Ended Jobs'),
      caption: trans.__('Remove all jobs that have ended from the list'),
      icon: cleaningIcon,
      describedBy: { args: kernelArgs(trans) },
      isEnabled: args => kernelsOf(args).some(hasEndedJobs),
      execute: args =>
        reportFailure(
          Promise.all(
            kernelsOf(args)
              .filter(hasEndedJobs)
              .map(one => one.clear())
          ),
          trans.__('Failed to clear the ended jobs.')
        )
    }
  };
}

function aliveIn({ state }: IKernelJobs): number {
  return countJobs([state.jobs.values()]).running;
}

function hasEndedJobs(kernel: IKernelJobs): boolean {
  return kernel.state.jobs.size > aliveIn(kernel);
}

/**
 * Ask before more than one job dies.
 */
async function confirmKillAll(
  kernels: readonly IKernelJobs[],
  isEverywhere: boolean,
  trans: TranslationBundle
): Promise<boolean> {
  const count = kernels.reduce((sum, one) => sum + aliveIn(one), 0);
  if (count < 2) {
    return true;
  }
  const { button } = await showDialog({
    title: trans.__('Kill all jobs?'),
    body: isEverywhere
      ? trans.__(
          '%1 jobs of all notebooks have not ended, and what they have done is lost.',
          count
        )
      : trans.__(
          '%1 jobs of this notebook have not ended, and what they have done is lost.',
          count
        ),
    buttons: [
      Dialog.cancelButton(),
      Dialog.warnButton({ label: trans.__('Kill All') })
    ]
  });
  return button.accept;
}

function kernelArgs(trans: TranslationBundle): ReadonlyJSONObject {
  return {
    type: 'object',
    properties: {
      kernelId: {
        type: 'string',
        description: trans.__(
          'The id of a kernel; that of the current notebook if not given'
        )
      },
      everywhere: {
        type: 'boolean',
        description: trans.__('Whether the jobs of all notebooks are meant')
      }
    }
  };
}
