import type * as nbformat from '@jupyterlab/nbformat';

/**
 * Where a job is in its life. `lost` is the page's own: the kernel that ran
 * the job is gone, so nothing but the page can say it.
 */
export type JobState = KernelJobState | 'lost';

/** The states that the kernel tells. */
export const KERNEL_JOB_STATES = [
  'queued',
  'running',
  'stopping',
  'finished',
  'failed',
  'killed'
] as const;

/** A state that the kernel tells. */
export type KernelJobState = (typeof KERNEL_JOB_STATES)[number];

/**
 * A section of the panel.
 */
export type JobSection = 'running' | 'finished' | 'failed';

/**
 * How a job was started: by an execute request, over the control channel
 * beside one, or from Python.
 */
export type JobLane = 'queue' | 'express' | 'api';

/**
 * The error of a failed job.
 */
export interface IJobError {
  readonly ename: string;
  readonly evalue: string;
  /** Lines with ANSI colours, as in an `error` output. */
  readonly traceback: readonly string[];
}

/**
 * How far a job is.
 */
export interface IJobProgress {
  readonly done: number;
  /** Null if nobody knows. */
  readonly total: number | null;
  /** What the job says about it. */
  readonly text: string;
  /** How many are done per second, of late; null if it cannot be told. */
  readonly rate: number | null;
}

/**
 * Where exactly a job runs.
 */
export interface IJobPlace {
  readonly text: string;
  /** A page about it: its scheme is `http` or `https`. */
  readonly url: string | null;
}

/**
 * One job, as the browser knows it. Times are seconds since the epoch by the
 * kernel's clock.
 */
export interface IJob {
  /** Unique among all kernel sessions: see {@link jobKey}. */
  readonly key: string;
  /** The runtime's instance that runs the job: another after every restart. */
  readonly runtime: string;
  /** Counted from 1 in every kernel session: unique within `runtime` only. */
  readonly id: number;
  readonly name: string;
  readonly state: JobState;
  readonly code: string;
  readonly cellId: string | null;
  /** The id of the execute request under whose cell its output appears. */
  readonly request: string | null;
  readonly executionCount: number | null;
  readonly backend: string;
  /** In the words of the backend, if it says so. */
  readonly place: IJobPlace | null;
  readonly lane: JobLane;
  readonly submitted: number;
  readonly started: number | null;
  readonly ended: number | null;
  readonly stoppingSince: number | null;
  /** Where a job is that does not end although it was killed: "fetch, line 12". */
  readonly stuckIn: string | null;
  /** Whether it was its time limit that killed it. */
  readonly timedOut: boolean;
  /** What a queued job waits for: "job 3", "cell [*]: it defines `urls`". */
  readonly waitingFor: string | null;
  /** Why the runtime itself has killed it: "job 3, after which it was to run, failed". */
  readonly killReason: string | null;
  /** Whether the user wants to be told of its end. */
  readonly notify: boolean;
  /** Whether it is a group of items (`jobs.map`), of which the kernel tells more. */
  readonly hasItems: boolean;
  readonly progress: IJobProgress | null;
  readonly error: IJobError | null;
}

/**
 * An output of a job; `displayId` is kept beside the output because it is not
 * part of a notebook's format, yet updates are addressed by it.
 */
export interface IJobOutput {
  readonly output: nbformat.IOutput;
  readonly displayId: string | null;
}

/**
 * What a job has written, oldest first.
 */
export interface IOutputLog {
  readonly items: readonly IJobOutput[];
  /** How many characters no longer fit at the front. */
  readonly dropped: number;
  /** A `clear_output(wait=True)` waits for the next output. */
  readonly clearPending: boolean;
}

/**
 * What stands under a cell that has started jobs, by one execution of it.
 */
export interface ICellLog {
  readonly cellId: string;
  /** The output of the jobs, their records, and what the cell itself has written. */
  readonly log: IOutputLog;
}

/**
 * What a job has assigned so far.
 */
export interface IJobVariables {
  /** How many there are; not all may be listed. */
  readonly total: number;
  readonly variables: readonly IJobVariable[];
}

/**
 * A name that a job has assigned.
 */
export interface IJobVariable {
  readonly name: string;
  /** The name of the value's type. */
  readonly type: string;
  /** The value in a few words; empty where it cannot be told at once. */
  readonly value: string;
}

/**
 * Some of the items of a group (`jobs.map`).
 */
export interface IJobItems {
  /** How many have been begun, or have failed. */
  readonly total: number;
  readonly items: readonly IJobItem[];
}

/**
 * Which items of a group are asked for.
 */
export interface IItemRange {
  /** The first one, counted from 0. */
  readonly offset: number;
  /** How many at most; the kernel may have a limit of its own. */
  readonly limit: number;
  /** Whether only those that have failed are meant. */
  readonly failed: boolean;
}

/** What can have become of an item that was begun. */
export const ITEM_STATES = ['running', 'finished', 'failed'] as const;

/**
 * An item of a group.
 */
export interface IJobItem {
  /** Its place among all, counted from 0. */
  readonly index: number;
  readonly state: (typeof ITEM_STATES)[number];
  /** Its result or error in a few words; empty where that cannot be told at once. */
  readonly text: string;
}

/**
 * What names a job among those of all kernel sessions. Ids start at 1 again in
 * every session, and jobs of an earlier one stay visible as `lost`.
 */
export function jobKey(runtime: string, id: number): string {
  return `${runtime}:${id}`;
}

/**
 * The section of the panel that a job belongs to.
 */
export function sectionOf(state: JobState): JobSection {
  switch (state) {
    case 'queued':
    case 'running':
    case 'stopping':
      return 'running';
    case 'finished':
      return 'finished';
    case 'failed':
    case 'killed':
    case 'lost':
      return 'failed';
  }
}

/**
 * Whether a job in this state can no longer change.
 */
export function hasEnded(state: JobState): boolean {
  return sectionOf(state) !== 'running';
}

/**
 * Whether a job may have variables that are not the notebook's: those of one that has
 * finished are, a function's are its own, and those in another process are out of reach.
 */
export function canLand(job: IJob): boolean {
  return (
    job.lane !== 'api' &&
    job.backend === 'thread' &&
    ['running', 'stopping', 'failed', 'killed'].includes(job.state)
  );
}

/**
 * Whether a job's cell can be run again: a job that has ended, and came from a cell.
 */
export function canRerun(job: IJob): boolean {
  return hasEnded(job.state) && job.cellId !== null;
}
