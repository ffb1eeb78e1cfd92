import type { CodeCell } from '@jupyterlab/cells';
import type { INotebookCellExecutor } from '@jupyterlab/notebook';
import type { Kernel } from '@jupyterlab/services';

import { knownLanguage } from '../kernel/language';
import type { IJobs, IKernelJobs } from '../tokens';
import type { StartPolicy } from './lane';
import { RunActions } from './lane';
import { classifyCell } from './parse';
import type { Execution } from './sentcells';
import { SentCells } from './sentcells';
import { AS_JOB, sentInstead } from './sentinstead';

/**
 * Runs cells as JupyterLab does and, when a kernel is busy, hands a cell's jobs to
 * the runtime beside that.
 *
 * #### Notes
 * JupyterLab runs several cells in one tick, and the order of the calls is the order
 * in which they are sent: nothing here waits before the cell is on its way, but for
 * the runtime; and what waits for it goes on in the same order, in one tick again.
 */
export class JobCellExecutor implements INotebookCellExecutor {
  constructor(options: JobCellExecutor.IOptions) {
    this._jobs = options.jobs;
    this._runCell = options.runCell;
    this._policy = options.policy;
  }

  runCell(options: INotebookCellExecutor.IRunCellOptions): Promise<boolean> {
    if (options.cell.model.type !== 'code') {
      return this._runCell(options);
    }
    const kernel = options.sessionContext?.session?.kernel;
    if (!kernel) {
      return this._runCodeWithoutKernel(options);
    }
    const asJob = this._isRunningAsJobs;
    const jobs = this._prepare(options, kernel);
    return jobs instanceof Promise
      ? jobs.then(jobs => this._runCode(options, kernel, jobs, asJob))
      : this._runCode(options, kernel, jobs, asJob);
  }

  /**
   * Run cells as jobs, whatever stands in them.
   *
   * @param run - runs the cells, and has called `runCell` for each when it returns.
   */
  runAsJobs<T>(run: () => T): T {
    this._isRunningAsJobs = true;
    try {
      return run();
    } finally {
      this._isRunningAsJobs = false;
    }
  }

  private _runCode(
    options: INotebookCellExecutor.IRunCellOptions,
    kernel: Kernel.IKernelConnection,
    jobs: IKernelJobs | null,
    asJob: boolean
  ): Promise<boolean> {
    const cell = options.cell as CodeCell;
    const source = cell.model.sharedModel.getSource();
    const isChanged =
      asJob && source.trim() !== '' && classifyCell(source) !== 'jobs';
    const code = isChanged ? AS_JOB + source : source;
    const lane = this._actions.lane(options.notebook, {
      kind: classifyCell(code),
      busy: !jobs?.isIdle,
      ready: jobs?.state.status.kind === 'ready',
      policy: this._policy()
    });
    const before = executionOf(cell);
    const done = isChanged
      ? sentInstead(kernel, code, () => this._runCell(options))
      : this._runCell(options);
    const execution = executionOf(cell);
    // No new one: the cell was empty, or JupyterLab had a reason not to run it.
    if (execution && execution !== before) {
      if (jobs && lane === 'express') {
        this._submit(jobs, cell.model.id, code, execution);
      }
      this._sent.add(kernel.id, code, execution);
    }
    return done;
  }

  /**
   * Run a cell of a notebook for which JupyterLab starts a kernel first.
   */
  private async _runCodeWithoutKernel(
    options: INotebookCellExecutor.IRunCellOptions
  ): Promise<boolean> {
    const { sessionContext } = options;
    // Afterwards there is no time to: the cell follows at once.
    await this._jobs.load();
    const prepare = () => {
      const kernel = sessionContext?.session?.kernel;
      if (kernel) {
        void this._prepare(options, kernel);
      }
    };
    sessionContext?.kernelChanged.connect(prepare);
    try {
      return await this._runCell(options);
    } finally {
      sessionContext?.kernelChanged.disconnect(prepare);
    }
  }

  /**
   * Have the runtime sent before the cell. Whatever goes wrong, the cell runs.
   */
  private _prepare(
    { sessionContext }: INotebookCellExecutor.IRunCellOptions,
    kernel: Kernel.IKernelConnection
  ): IKernelJobs | Promise<IKernelJobs> | null {
    try {
      return this._jobs.prepare(
        kernel,
        sessionContext && knownLanguage(sessionContext, kernel)
      );
    } catch (error) {
      console.warn('Failed to bring the job runtime into a kernel.', error);
      return null;
    }
  }

  private _submit(
    jobs: IKernelJobs,
    cellId: string,
    code: string,
    execution: Execution
  ): void {
    const submission = {
      code,
      cellId,
      parent: { ...execution.msg.header },
      ahead: this._policy() === 'always' ? null : this._sent.of(jobs.kernelId)
    };
    jobs.submit(submission).catch(error => {
      // The execute request carries the cell anyway.
      console.warn('Failed to start the jobs of a cell at once.', error);
    });
  }

  private readonly _actions = new RunActions();
  private readonly _jobs: IJobs;
  private _isRunningAsJobs = false;
  private readonly _policy: () => StartPolicy;
  private readonly _runCell: INotebookCellExecutor['runCell'];
  private readonly _sent = new SentCells();
}

/**
 * A namespace for `JobCellExecutor` statics.
 */
export namespace JobCellExecutor {
  /**
   * The options of an executor.
   */
  export interface IOptions {
    readonly jobs: IJobs;
    /** What really runs a cell: JupyterLab's own `runCell`. */
    readonly runCell: INotebookCellExecutor['runCell'];
    /** Whether jobs start beside the cells that a kernel has not finished. */
    readonly policy: () => StartPolicy;
  }
}

/**
 * The newest execution of a cell. JupyterLab's type hides that there may be none.
 */
function executionOf(cell: CodeCell): Execution | undefined {
  return cell.outputArea.future;
}
