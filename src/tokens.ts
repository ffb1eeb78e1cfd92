import type { Kernel } from '@jupyterlab/services';
import { Token } from '@lumino/coreutils';
import type { IDisposable } from '@lumino/disposable';
import type { ISignal } from '@lumino/signaling';

import type {
  ICellLog,
  IItemRange,
  IJob,
  IJobItems,
  IJobVariables,
  IOutputLog
} from './model/job';

/**
 * Whether jobs can run in a kernel, and if not, why.
 */
export type RuntimeStatus =
  /** Nothing is known yet: the kernel starts, or works on something else. */
  | { readonly kind: 'connecting' }
  | {
      readonly kind: 'ready';
      /** The id of the runtime's instance: another after every restart. */
      readonly runtime: string;
      /** The version of the Python package that runs in the kernel. */
      readonly version: string;
    }
  /** Jobs cannot run there; `reason` is a sentence for the user. */
  | { readonly kind: 'unavailable'; readonly reason: string };

/**
 * Everything the page knows about one kernel's jobs. Never changed in place:
 * a new state has a new identity.
 */
export interface IJobsState {
  readonly status: RuntimeStatus;
  /**
   * By key (`jobKey(runtime, id)`), in the order of submission. Holds the jobs of
   * earlier sessions too, until they are cleared: all of them ended.
   */
  readonly jobs: ReadonlyMap<string, IJob>;
  /** What each job has written, by key; a job without output has no entry. */
  readonly outputs: ReadonlyMap<string, IOutputLog>;
  /**
   * What stands under the cells that have started jobs in the present session, by the
   * id of the execute request; only the newest execution of a cell is known.
   */
  readonly cells: ReadonlyMap<string, ICellLog>;
  /**
   * How often everything was read anew: before, messages may have been missed by
   * whoever else follows the kernel over the same connection.
   */
  readonly snapshots: number;
}

/**
 * A job of a kernel session that is over, and what it had written.
 */
export interface IPastJob {
  /** It has ended: if nobody saw how, it is `lost`. */
  readonly job: IJob;
  readonly log: IOutputLog;
}

/**
 * What the express lane hands to a kernel: a cell that is also on its way as
 * an ordinary execute request.
 */
export interface ISubmission {
  readonly code: string;
  readonly cellId: string;
  /** The header of the execute request that carries the same cell. */
  readonly parent: IRequestHeader;
  /**
   * The cells that were sent before, and that the kernel has not finished: a job waits for
   * those that bind a name which it reads. Null to wait for none.
   */
  readonly ahead: readonly ISentCell[] | null;
}

/**
 * The header of an execute request.
 */
export interface IRequestHeader {
  readonly msg_id: string;
  readonly [key: string]: unknown;
}

/**
 * A cell on its way to the kernel, or running there.
 */
export interface ISentCell {
  /** The id of the execute request that carries it. */
  readonly msgId: string;
  readonly code: string;
}

/**
 * What holds for the jobs of a kernel, unless the notebook says otherwise.
 */
export interface IJobDefaults {
  /** How many jobs run at once; null for any number. */
  readonly limit: number | null;
  /** The name of the backend on which `%job` runs its code: `thread`, `process`, `dask`. */
  readonly backend: string;
  /** How many characters of a job's text its cell shows; of more, the beginning and the end. */
  readonly shown: number;
}

/**
 * The jobs of one kernel.
 */
export interface IKernelJobs {
  /** The id of the kernel. */
  readonly kernelId: string;

  /** The present state. */
  readonly state: IJobsState;

  /** Emitted after `state` became another one. */
  readonly stateChanged: ISignal<IKernelJobs, IJobsState>;

  /** Whether the kernel's main thread is known to have nothing to do. */
  readonly isIdle: boolean;

  /** The kernel's clock, in seconds since the epoch, as far as it is known. */
  now(): number;

  /**
   * Start a cell's jobs over the control channel.
   *
   * @returns the ids of the jobs that were started; empty where the execute
   * request came first.
   */
  submit(submission: ISubmission): Promise<readonly number[]>;

  /**
   * Kill jobs. Resolves when the kernel has taken the request, not when the
   * jobs have ended: `state` tells that.
   *
   * @param ids - ids of jobs of the present session; those of earlier ones have ended.
   */
  kill(ids: readonly number[]): Promise<void>;

  /**
   * Start a queued job, whatever it waits for.
   */
  startNow(id: number): Promise<void>;

  /**
   * Tell the kernel what holds for jobs that say nothing else.
   */
  configure(defaults: IJobDefaults): Promise<void>;

  /** Kill all jobs that have not ended. */
  killAll(): Promise<void>;

  /** Forget all jobs that have ended, those of earlier sessions too. */
  clear(): Promise<void>;

  /** Forget a job, if it has ended. */
  remove(job: IJob): Promise<void>;

  /**
   * Make what a job of the present session has assigned so far the notebook's.
   *
   * @returns the names that have changed there.
   */
  land(id: number): Promise<readonly string[]>;

  /**
   * What a job of the present session has assigned so far, without landing it.
   */
  variables(id: number): Promise<IJobVariables>;

  /**
   * Some of the items of a group, and what became of them.
   *
   * @param part - the first one, counted from 0, how many at most, and whether only those
   * that have failed are meant.
   */
  items(id: number, part: IItemRange): Promise<IJobItems>;

  /**
   * Everything that a job has written until now, in parts, of which each is asked for
   * when the one before was taken.
   *
   * @param id - the id of a job of the present session.
   */
  output(id: number): AsyncIterable<string>;
}

/**
 * The jobs of all kernels that the page is connected to.
 */
export interface IJobs {
  /**
   * Follow a kernel's jobs, and bring the runtime into it if it has none.
   *
   * @param kernel - a connection of the caller's; the manager neither owns nor disposes it.
   * @param language - the kernel's language, where it is known at once.
   * @returns a handle. The kernel is followed until the connection is disposed, and what
   * became of its jobs is known until the handle is.
   */
  attach(kernel: Kernel.IKernelConnection, language?: string): IDisposable;

  /**
   * Make sure that the runtime is on its way to a kernel before anything that
   * the caller sends next over the same connection. Follows the kernel, until the
   * connection is disposed, if nobody does.
   *
   * @returns a promise only if the runtime must be loaded first: what may not overtake
   * it waits for that. It is never rejected.
   */
  prepare(
    kernel: Kernel.IKernelConnection,
    language?: string
  ): IKernelJobs | Promise<IKernelJobs>;

  /**
   * Load what a kernel may have to be sent, so that `prepare` need not wait. Never
   * rejected.
   */
  load(): Promise<void>;

  /** The jobs of a kernel, or null if the page does not follow it. */
  get(kernelId: string): IKernelJobs | null;

  /**
   * The kernel in which a runtime runs, or else one that lists what became of its
   * jobs; null if no followed kernel knows it.
   */
  find(runtime: string): IKernelJobs | null;

  /**
   * List jobs of earlier sessions, also of other kernels, among those of a kernel.
   * What is known of a job already stays; nothing happens if nobody follows the kernel.
   */
  recall(kernelId: string, past: readonly IPastJob[]): void;

  /** All kernels. */
  readonly kernels: Iterable<IKernelJobs>;

  /** Emitted when a kernel was added, removed, or has changed its status. */
  readonly kernelsChanged: ISignal<IJobs, void>;
}

/**
 * The token for the jobs of all kernels.
 */
export const IJobs = new Token<IJobs>(
  'jupyterlab-jobs:IJobs',
  'Lists, watches and kills the background jobs of the kernels.'
);
