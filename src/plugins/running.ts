// What is imported here, the plugin needs when it is activated.

import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import type { IRunningSessions } from '@jupyterlab/running';
import { IRunningSessionManagers } from '@jupyterlab/running';
import type { TranslationBundle } from '@jupyterlab/translation';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import type { CommandRegistry } from '@lumino/commands';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import type { IJob } from '../model/job';
import { hasEnded } from '../model/job';
import type { IKernelJobs } from '../tokens';
import { IJobs } from '../tokens';
import { jobsIcon } from '../view/icons';
import { stateText } from '../view/statetext';
import { CommandIDs } from './commandids';
import { followAllJobs } from './followjobs';
import { reportFailure } from './reportfailure';

/**
 * The jobs of all notebooks, among what runs.
 */
const plugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyterlab-jobs:running',
  description: 'Lists the jobs that have not ended in the Running panel.',
  autoStart: true,
  requires: [IJobs],
  optional: [IRunningSessionManagers, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    jobs: IJobs,
    managers: IRunningSessionManagers | null,
    translator: ITranslator | null
  ) => {
    if (!managers) {
      return;
    }
    const trans = (translator ?? nullTranslator).load('jupyterlab_jobs');
    managers.add(new RunningJobs(jobs, app.commands, trans));
  }
};

export default plugin;

/** How many jobs are listed there: that panel draws all of its rows at once. */
const MOST_LISTED = 100;

interface IAlive {
  readonly kernel: IKernelJobs;
  readonly job: IJob;
}

/** Whether two jobs are listed in the same way. */
function looksSame(one: IJob, other: IJob): boolean {
  return one.key === other.key && one.state === other.state;
}

/**
 * The section of the Running panel.
 */
class RunningJobs implements IRunningSessions.IManager {
  constructor(
    jobs: IJobs,
    private readonly _commands: CommandRegistry,
    private readonly _trans: TranslationBundle
  ) {
    this.name = _trans.__('Jobs');
    this.shutdownLabel = _trans.__('Kill');
    this.shutdownAllLabel = _trans.__('Kill All');
    this.shutdownAllConfirmationText = _trans.__(
      'Are you sure you want to kill all jobs of all notebooks?'
    );
    followAllJobs(jobs, known => {
      const alive: IAlive[] = [];
      for (const [kernel, all] of known) {
        for (const job of all.values()) {
          if (!hasEnded(job.state)) {
            alive.push({ kernel, job });
          }
        }
      }
      const before = this._alive;
      this._alive = alive;
      // The Running panel draws everything again, be it hidden; it does not show how far a job is.
      if (
        alive.length !== before.length ||
        alive.some(({ job }, at) => !looksSame(job, before[at].job))
      ) {
        this._runningChanged.emit(undefined);
      }
    });
  }

  readonly name: string;
  readonly shutdownLabel: string;
  readonly shutdownAllLabel: string;
  readonly shutdownAllConfirmationText: string;

  get runningChanged(): ISignal<this, void> {
    return this._runningChanged;
  }

  running(): IRunningSessions.IRunningItem[] {
    const listed = this._alive.slice(-MOST_LISTED).reverse();
    const items = listed.map(({ kernel, job }) => ({
      icon: () => jobsIcon,
      label: () => job.name,
      labelTitle: () => job.code,
      detail: () => stateText(job, this._trans),
      open: () => void this._open(job),
      shutdown: () => this._kill(kernel, [job.id])
    }));
    const more = this._alive.length - listed.length;
    return more === 0
      ? items
      : [
          ...items,
          {
            icon: () => jobsIcon,
            label: () => this._trans._n('%1 more job', '%1 more jobs', more),
            open: () => void this._commands.execute(CommandIDs.openPanel)
          }
        ];
  }

  shutdownAll(): void {
    for (const kernel of new Set(this._alive.map(one => one.kernel))) {
      const all = this._alive.filter(one => one.kernel === kernel);
      this._kill(
        kernel,
        all.map(one => one.job.id)
      );
    }
  }

  /** What it shows is never old. */
  refreshRunning(): void {
    return;
  }

  /** The notebook first: the panel shows the jobs of the one in front. */
  private async _open({ runtime, id, cellId }: IJob): Promise<void> {
    if (cellId !== null) {
      await this._commands.execute(CommandIDs.goToCell, { runtime, id });
    }
    await this._commands.execute(CommandIDs.openPanel, { runtime, id });
  }

  private _kill(kernel: IKernelJobs, ids: readonly number[]): void {
    void reportFailure(
      kernel.kill(ids),
      this._trans.__('Failed to kill the jobs.')
    );
  }

  private readonly _runningChanged = new Signal<this, void>(this);
  private _alive: readonly IAlive[] = [];
}
