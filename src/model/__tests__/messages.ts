import type { JobsMessage } from '../../kernel/protocol';
import type { ICellLog, IJob, IJobOutput, IOutputLog } from '../job';
import { jobKey } from '../job';
import type { Action, IModelState } from '../reducer';
import { INITIAL_STATE, reduce } from '../reducer';

/** A job that runs. */
export function job(
  id: number,
  fields: Partial<IJob> = {},
  runtime = 'r1'
): IJob {
  return {
    key: jobKey(runtime, id),
    runtime,
    id,
    name: `job ${id}`,
    state: 'running',
    code: 'f()',
    cellId: null,
    request: null,
    executionCount: null,
    backend: 'thread',
    place: null,
    lane: 'queue',
    submitted: id,
    started: id,
    ended: null,
    stoppingSince: null,
    stuckIn: null,
    timedOut: false,
    waitingFor: null,
    killReason: null,
    notify: false,
    hasItems: false,
    progress: null,
    error: null,
    ...fields
  };
}

/** What the runtime tells of jobs. */
export function event(
  seq: number,
  jobs: readonly IJob[],
  removed: readonly number[] = [],
  runtime = 'r1',
  cells: ReadonlyMap<string, ICellLog> = new Map(),
  removedCells: readonly string[] = []
): JobsMessage {
  return {
    kind: 'jobs',
    runtime,
    seq,
    now: seq,
    jobs,
    removed,
    cells,
    removedCells
  };
}

/** A stream’s output. */
export function text(text: string, name = 'stdout'): IJobOutput {
  return {
    output: { output_type: 'stream', name, text },
    displayId: null
  };
}

/** What a job, or something else under a cell, has written. */
export function output(
  seq: number,
  id: number | null,
  item: IJobOutput,
  request: string | null = null
): JobsMessage {
  return {
    kind: 'output',
    runtime: 'r1',
    seq,
    job: id,
    request,
    change: { type: 'append', item }
  };
}

/** The arrival of messages. */
export function messages(...messages: JobsMessage[]): Action {
  return { type: 'messages', messages, at: 0 };
}

/** What the reducer is told of a snapshot. */
export function snapshot(
  seq: number,
  jobs: readonly IJob[] = [],
  outputs: ReadonlyMap<string, IOutputLog> = new Map(),
  runtime = 'r1',
  cells: ReadonlyMap<string, ICellLog> = new Map()
): Action {
  return {
    type: 'snapshot',
    at: 0,
    snapshot: {
      runtime,
      version: '1.0',
      seq,
      now: 100,
      jobs,
      outputs,
      cells,
      since: null,
      unchangedOutputs: [],
      unchangedCells: []
    }
  };
}

/** The state after these actions. */
export function run(...actions: Action[]): IModelState {
  return actions.reduce(reduce, INITIAL_STATE);
}

/** The keys of its jobs. */
export const ids = (state: IModelState) => [...state.jobs.keys()];
