import { JSONExt } from '@lumino/coreutils';

import type { ISnapshot, JobsMessage } from '../kernel/protocol';
import type { IJobsState, IPastJob, RuntimeStatus } from '../tokens';
import { ChangedMap } from './changedmap';
import type { ICellLog } from './job';
import { hasEnded } from './job';
import type { IChangedMaps, IFollowed } from './applymessage';
import { applyMessage } from './applymessage';
import { isEmptyLog } from './outputlog';

/**
 * The whole state of a kernel's jobs: what others see, and what it takes to go on.
 */
export interface IModelState extends IJobsState {
  /** Null until a snapshot has come. */
  readonly session: IFollowed | null;
  /** The runtimes of earlier sessions, also of other kernels: they are gone. */
  readonly former: readonly string[];
  /** Messages that cannot be applied before others have come. */
  readonly waiting: readonly JobsMessage[];
  /** Something was missed: only a snapshot can tell what. */
  readonly resync: boolean;
}

/**
 * Everything that changes the state. `at` is the page's clock, in seconds.
 */
export type Action =
  /** The runtime has told all that it knows. */
  | {
      readonly type: 'snapshot';
      readonly snapshot: ISnapshot;
      readonly at: number;
    }
  /** The runtime has published something; several at once cost one copy of the state. */
  | {
      readonly type: 'messages';
      readonly messages: readonly JobsMessage[];
      readonly at: number;
    }
  /** The kernel has ended, and starts anew. */
  | { readonly type: 'restarted'; readonly at: number }
  /** The kernel has ended. */
  | { readonly type: 'died'; readonly at: number; readonly reason: string }
  /** Jobs cannot run in the kernel. */
  | { readonly type: 'unavailable'; readonly reason: string }
  /** Messages may have been missed. */
  | { readonly type: 'interrupted' }
  /** Jobs of earlier sessions have been found, also of other kernels. */
  | { readonly type: 'recalled'; readonly past: readonly IPastJob[] }
  /** The user has seen enough of one of the jobs of earlier sessions; null for all. */
  | { readonly type: 'forgotten'; readonly key: string | null };

/**
 * The state before anything is known.
 */
export const INITIAL_STATE: IModelState = {
  status: { kind: 'connecting' },
  jobs: new Map(),
  outputs: new Map(),
  cells: new Map(),
  snapshots: 0,
  session: null,
  former: [],
  waiting: [],
  resync: false
};

/** How many messages wait for a snapshot; what is dropped, another one brings. */
const MAX_WAITING = 2_000;

/**
 * The state after an action. Pure; an action that changes nothing returns the
 * very same state.
 *
 * #### Notes
 * The runtime numbers its messages without a gap. A message is applied when its number is
 * the next one, ignored when it is known, and kept waiting when others are
 * missing: the snapshot that is then asked for may be older than it, for
 * the control channel and IOPub are not ordered among each other.
 */
export function reduce(state: IModelState, action: Action): IModelState {
  switch (action.type) {
    case 'snapshot':
      return receive(
        applySnapshot(state, action.snapshot, action.at),
        [],
        action.at
      );
    case 'messages':
      return receive(state, action.messages, action.at);
    case 'restarted':
      return endSession(state, action.at, { kind: 'connecting' });
    case 'died':
      return endSession(state, action.at, {
        kind: 'unavailable',
        reason: action.reason
      });
    case 'unavailable':
      return {
        ...state,
        status: { kind: 'unavailable', reason: action.reason }
      };
    case 'interrupted':
      return state.session && !state.resync
        ? { ...state, resync: true }
        : state;
    case 'recalled':
      return recall(state, action.past);
    case 'forgotten':
      return forgetFormer(state, action.key);
  }
}

/**
 * Take in messages together with those that wait, as far as their turn has come.
 */
function receive(
  state: IModelState,
  messages: readonly JobsMessage[],
  at: number
): IModelState {
  const { session } = state;
  const news = [...state.waiting, ...messages]
    .filter(message =>
      message.runtime === session?.runtime
        ? message.seq > session.seq
        : // What a kernel that has ended said last: its jobs are lost already.
          !state.former.includes(message.runtime)
    )
    .sort((a, b) => a.seq - b.seq);
  if (news.length === 0 && state.waiting.length === 0) {
    return state;
  }
  const maps: IChangedMaps = {
    jobs: new ChangedMap(state.jobs),
    outputs: new ChangedMap(state.outputs),
    cells: new ChangedMap(state.cells)
  };
  const waiting: JobsMessage[] = [];
  let followed = session;
  for (const message of news) {
    if (followed === null || message.runtime !== followed.runtime) {
      waiting.push(message);
    } else if (message.seq > followed.seq + 1) {
      waiting.push(message);
    } else if (message.seq === followed.seq + 1) {
      followed = applyMessage(maps, followed, message, at);
    }
  }
  return {
    ...state,
    jobs: maps.jobs.result,
    outputs: maps.outputs.result,
    cells: maps.cells.result,
    session: followed,
    waiting: waiting.slice(-MAX_WAITING),
    resync: state.resync || waiting.length > 0
  };
}

function applySnapshot(
  state: IModelState,
  snapshot: ISnapshot,
  at: number
): IModelState {
  const { runtime, version, seq, now } = snapshot;
  const same = state.session?.runtime === runtime;
  if (same && seq < state.session.seq) {
    // Newer messages have overtaken it.
    return state;
  }
  if (snapshot.since !== null && !same) {
    // It leaves out what was known before; and that is no more.
    return { ...state, resync: true };
  }
  // Another runtime means another session, the beginning of which was missed.
  const before = same
    ? state
    : { ...endSession(state, at, state.status), waiting: state.waiting };
  const jobs = new Map(
    [...before.jobs].filter(([, job]) => job.runtime !== runtime)
  );
  const outputs = new Map([...before.outputs].filter(([key]) => jobs.has(key)));
  for (const job of [...snapshot.jobs].sort((a, b) => a.id - b.id)) {
    jobs.set(job.key, job);
  }
  for (const key of snapshot.unchangedOutputs) {
    const log = state.outputs.get(key);
    if (log) {
      outputs.set(key, log);
    }
  }
  for (const [key, log] of snapshot.outputs) {
    if (!isEmptyLog(log)) {
      outputs.set(key, log);
    }
  }
  return {
    status:
      same && state.status.kind === 'ready'
        ? state.status
        : { kind: 'ready', runtime, version },
    jobs,
    outputs,
    cells: knownCells(state.cells, snapshot),
    snapshots: state.snapshots + 1,
    session: { runtime, seq, clockOffset: now - at },
    // A restart that did not come about brings a former runtime back.
    former: before.former.filter(former => former !== runtime),
    // What another runtime said before is of no use, and would call for snapshots forever.
    waiting: before.waiting.filter(message => message.runtime === runtime),
    resync: false
  };
}

/**
 * The cells of a snapshot. One of which nothing was missed keeps its identity, by which
 * others know that.
 */
function knownCells(
  known: ReadonlyMap<string, ICellLog>,
  { cells, unchangedCells }: ISnapshot
): ReadonlyMap<string, ICellLog> {
  const all = new Map<string, ICellLog>();
  for (const request of unchangedCells) {
    const before = known.get(request);
    if (before) {
      all.set(request, before);
    }
  }
  for (const [request, cell] of cells) {
    const before = known.get(request);
    // JSON, though its types do not say so.
    const isSame =
      before !== undefined && JSONExt.deepEqual(before as never, cell as never);
    all.set(request, isSame ? before : cell);
  }
  return all;
}

/**
 * End the present session: whatever had not ended is lost.
 */
function endSession(
  state: IModelState,
  at: number,
  status: RuntimeStatus
): IModelState {
  const { session } = state;
  const over: IModelState = {
    ...state,
    status,
    cells: new Map(),
    session: null,
    waiting: [],
    resync: false
  };
  if (session === null) {
    return over;
  }
  const ended = at + session.clockOffset;
  return {
    ...over,
    jobs: new Map(
      [...state.jobs].map(([key, job]) => [
        key,
        hasEnded(job.state) ? job : { ...job, state: 'lost', ended }
      ])
    ),
    former: [...state.former, session.runtime]
  };
}

/**
 * List jobs of sessions that are over, before those of the present one.
 */
function recall(state: IModelState, past: readonly IPastJob[]): IModelState {
  const present = state.session?.runtime;
  const news = past.filter(
    ({ job }) => job.runtime !== present && !state.jobs.has(job.key)
  );
  if (news.length === 0) {
    return state;
  }
  const outputs = new Map(state.outputs);
  for (const { job, log } of news) {
    if (!isEmptyLog(log)) {
      outputs.set(job.key, log);
    }
  }
  const all = [...news.map(({ job }) => job), ...state.jobs.values()];
  const before = all
    .filter(job => job.runtime !== present)
    .sort((a, b) => a.submitted - b.submitted);
  const jobs = [...before, ...all.filter(job => job.runtime === present)];
  return {
    ...state,
    jobs: new Map(jobs.map(job => [job.key, job])),
    outputs,
    former: [
      ...new Set([...state.former, ...news.map(({ job }) => job.runtime)])
    ]
  };
}

function forgetFormer(state: IModelState, only: string | null): IModelState {
  const present = state.session?.runtime;
  const jobs = new Map(
    [...state.jobs].filter(
      ([key, job]) => job.runtime === present || (only !== null && key !== only)
    )
  );
  return jobs.size === state.jobs.size
    ? state
    : {
        ...state,
        jobs,
        outputs: new Map([...state.outputs].filter(([key]) => jobs.has(key)))
      };
}
