import type * as nbformat from '@jupyterlab/nbformat';

import type {
  ICellLog,
  IJob,
  IJobError,
  IJobOutput,
  IOutputLog
} from '../model/job';
import { jobKey } from '../model/job';

// The wire between the page and the runtime, as docs/protocol.md tells it. What
// arrives is parsed here, once; beyond this file everything has its type.

/** The only version of the protocol that this page speaks. */
export const PROTOCOL_VERSION = 1;

/** The message type of a request, on the control channel. */
export const REQUEST_TYPE = 'jobs_request';

/** The message type of an event, on IOPub. */
export const EVENT_TYPE = 'jobs_event';

/** The metadata field that marks an output message as a job's. */
export const OUTPUT_METADATA = 'jupyterlab_jobs';

/**
 * What the runtime has published up to `seq`.
 */
export interface ISnapshot {
  readonly runtime: string;
  /** The version of the Python package. */
  readonly version: string;
  readonly seq: number;
  /** The kernel's clock. */
  readonly now: number;
  readonly jobs: readonly IJob[];
  /** By the job's key. */
  readonly outputs: ReadonlyMap<string, IOutputLog>;
  /** By the id of the execute request. */
  readonly cells: ReadonlyMap<string, ICellLog>;
}

/**
 * The requests: what each is sent with, and what is answered.
 */
export interface IRequests {
  readonly snapshot: {
    readonly params: Readonly<Record<string, never>>;
    readonly result: ISnapshot;
  };
  readonly submit: {
    readonly params: {
      readonly code: string;
      readonly cell_id: string;
      readonly parent: Readonly<Record<string, unknown>>;
      readonly ahead: readonly {
        readonly msg_id: string;
        readonly code: string;
      }[];
    };
    readonly result: {
      readonly jobs: readonly number[];
      /** Why nothing was started. */
      readonly reason: string | null;
    };
  };
  readonly kill: {
    readonly params: { readonly jobs: readonly number[] };
    readonly result: IKilled;
  };
  readonly kill_all: {
    readonly params: Readonly<Record<string, never>>;
    readonly result: IKilled;
  };
  readonly clear: {
    readonly params: Readonly<Record<string, never>>;
    readonly result: { readonly removed: readonly number[] };
  };
  readonly output: {
    readonly params: {
      readonly job: number;
      /** The first character, counted from 0. */
      readonly offset: number;
      /** How many at most; the kernel may have a limit of its own. */
      readonly limit: number;
    };
    readonly result: IOutputPart;
  };
}

/**
 * A part of what a job has written.
 */
export interface IOutputPart {
  readonly text: string;
  /** Where the next part begins. */
  readonly next: number;
  /** How many characters there are by now. */
  readonly total: number;
}

/**
 * The answer to a kill.
 */
export interface IKilled {
  readonly killed: readonly number[];
  /** Those that had already ended. */
  readonly ended: readonly number[];
}

/**
 * The name of a request.
 */
export type Method = keyof IRequests;

/**
 * What an output message does to an output log.
 */
export type OutputChange =
  | { readonly type: 'append'; readonly item: IJobOutput }
  | {
      readonly type: 'update';
      readonly displayId: string;
      readonly data: nbformat.IMimeBundle;
      readonly metadata: nbformat.OutputMetadata;
    }
  | { readonly type: 'clear'; readonly wait: boolean };

/**
 * What the runtime publishes. `seq` counts both kinds together, without a gap.
 */
export type JobsMessage =
  | {
      readonly kind: 'jobs';
      readonly runtime: string;
      readonly seq: number;
      /** The kernel's clock. */
      readonly now: number;
      /** Jobs that are new or have changed. */
      readonly jobs: readonly IJob[];
      /** Ids of jobs that the kernel has forgotten. */
      readonly removed: readonly number[];
      /** What stands under cells that have started their first job. */
      readonly cells: ReadonlyMap<string, ICellLog>;
      /** The execute requests of cells whose logs the kernel has dropped. */
      readonly removedCells: readonly string[];
    }
  | {
      readonly kind: 'output';
      readonly runtime: string;
      readonly seq: number;
      /** The id of the job that has written it; null for what else stands under a cell with jobs. */
      readonly job: number | null;
      /** The execute request under whose cell it appears; null if no cell's log holds it. */
      readonly request: string | null;
      readonly change: OutputChange;
    };

/**
 * The part of an IOPub message that is read here.
 */
export interface IPublished {
  readonly header: { readonly msg_type: string };
  readonly parent_header: unknown;
  readonly metadata: unknown;
  readonly content: unknown;
}

/**
 * A message that does not keep to the protocol.
 */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
}

/**
 * A request that the runtime has refused.
 */
export class RequestError extends Error {
  constructor(
    readonly ename: string,
    readonly evalue: string
  ) {
    super(`${ename}: ${evalue}`);
  }

  override readonly name = 'RequestError';
}

/**
 * Read an IOPub message.
 *
 * @returns null if the message is not about jobs.
 * @throws ProtocolError if it is, and is malformed.
 */
export function parseMessage(message: IPublished): JobsMessage | null {
  const type = message.header.msg_type;
  if (type === EVENT_TYPE) {
    return parseEvent(message.content);
  }
  const mark = isObject(message.metadata)
    ? message.metadata[OUTPUT_METADATA]
    : undefined;
  return mark === undefined ? null : parseOutput(message, mark);
}

/**
 * Read the reply to a request.
 *
 * @throws RequestError if the runtime has refused the request.
 * @throws ProtocolError if the reply is malformed.
 */
export function parseReply<M extends Method>(
  method: M,
  content: unknown
): IRequests[M]['result'] {
  const reply = object(content, 'reply');
  if (reply.status === 'error') {
    // Read without a look at the version: it may be the very thing that is refused.
    throw new RequestError(
      string(reply.ename, 'ename'),
      string(reply.evalue, 'evalue')
    );
  }
  checkVersion(reply.version);
  literal(reply.status, ['ok'], 'status');
  const runtime = string(reply.runtime, 'runtime');
  return RESULTS[method](object(reply.result, 'result'), runtime);
}

type Fields = Readonly<Record<string, unknown>>;

const RESULTS: {
  readonly [M in Method]: (
    result: Fields,
    runtime: string
  ) => IRequests[M]['result'];
} = {
  snapshot: parseSnapshot,
  submit: result => ({
    jobs: list(result.jobs, integer, 'jobs'),
    reason: nullable(result.reason, string, 'reason')
  }),
  kill: parseKilled,
  kill_all: parseKilled,
  clear: result => ({ removed: list(result.removed, integer, 'removed') }),
  output: result => ({
    text: string(result.text, 'text'),
    next: integer(result.next, 'next'),
    total: integer(result.total, 'total')
  })
};

function parseKilled(result: Fields): IKilled {
  return {
    killed: list(result.killed, integer, 'killed'),
    ended: list(result.ended, integer, 'ended')
  };
}

function parseSnapshot(result: Fields, runtime: string): ISnapshot {
  const outputs = new Map<string, IOutputLog>();
  const logs = object(result.outputs, 'outputs');
  for (const [id, log] of Object.entries(logs)) {
    outputs.set(jobKey(runtime, integer(Number(id), 'outputs')), parseLog(log));
  }
  return {
    runtime,
    version: string(result.package, 'package'),
    seq: integer(result.seq, 'seq'),
    now: number(result.now, 'now'),
    jobs: parseRecords(result.jobs, runtime),
    outputs,
    cells: parseCells(result.cells)
  };
}

function parseEvent(content: unknown): JobsMessage {
  const event = object(content, 'event');
  checkVersion(event.version);
  const runtime = string(event.runtime, 'runtime');
  return {
    kind: 'jobs',
    runtime,
    seq: integer(event.seq, 'seq'),
    now: number(event.now, 'now'),
    jobs: parseRecords(event.jobs, runtime),
    removed: list(event.removed, integer, 'removed'),
    cells: parseCells(event.cells),
    removedCells: list(event.removed_cells, string, 'removed_cells')
  };
}

function parseOutput(message: IPublished, metadata: unknown): JobsMessage {
  const mark = object(metadata, OUTPUT_METADATA);
  checkVersion(mark.version);
  const type = message.header.msg_type;
  const parent = object(message.parent_header ?? {}, 'parent_header');
  return {
    kind: 'output',
    runtime: string(mark.runtime, 'runtime'),
    seq: integer(mark.seq, 'seq'),
    job: mark.job === null ? null : integer(mark.job, 'job'),
    request: boolean(mark.in_cell ?? false, 'in_cell')
      ? string(parent.msg_id, 'msg_id')
      : null,
    change: parseChange(type, object(message.content, type))
  };
}

function parseChange(type: string, content: Fields): OutputChange {
  if (type === 'clear_output') {
    return { type: 'clear', wait: boolean(content.wait, 'wait') };
  }
  const transient = object(content.transient ?? {}, 'transient');
  if (type === 'update_display_data') {
    return {
      type: 'update',
      displayId: string(transient.display_id, 'display_id'),
      ...parseBundle(content)
    };
  }
  return {
    type: 'append',
    item: {
      output: parseItem(type, content),
      displayId: nullable(transient.display_id, string, 'display_id')
    }
  };
}

function parseCells(value: unknown): Map<string, ICellLog> {
  const cells = new Map<string, ICellLog>();
  for (const [request, entry] of Object.entries(object(value, 'cells'))) {
    const cell = object(entry, 'cell');
    cells.set(request, {
      cellId: string(cell.cell_id, 'cell_id'),
      log: parseLog(cell.log)
    });
  }
  return cells;
}

/**
 * Read an output log.
 *
 * @throws ProtocolError if it is malformed.
 */
export function parseLog(value: unknown): IOutputLog {
  const log = object(value, 'log');
  return {
    items: list(
      log.items,
      entry => {
        const item = object(entry, 'item');
        return {
          output: parseItem(string(item.output_type, 'output_type'), item),
          displayId: nullable(item.display_id, string, 'display_id')
        };
      },
      'items'
    ),
    dropped: integer(log.dropped, 'dropped'),
    clearPending: boolean(log.clear_pending ?? false, 'clear_pending')
  };
}

/**
 * Read an output, of which a message and an output log hold the same fields.
 */
function parseItem(type: string, content: Fields): nbformat.IOutput {
  switch (type) {
    case 'stream':
      return {
        output_type: type,
        name: literal(content.name, ['stdout', 'stderr'], 'name'),
        text: string(content.text, 'text')
      };
    case 'display_data':
      return { output_type: type, ...parseBundle(content) };
    case 'execute_result':
      return {
        output_type: type,
        execution_count: nullable(
          content.execution_count,
          integer,
          'execution_count'
        ),
        ...parseBundle(content)
      };
    case 'error':
      return { output_type: type, ...parseError(content) };
    default:
      throw new ProtocolError(`An unknown kind of output: ${type}.`);
  }
}

function parseBundle(content: Fields): {
  data: nbformat.IMimeBundle;
  metadata: nbformat.OutputMetadata;
} {
  // What a bundle holds is checked by who renders it.
  return {
    data: object(content.data, 'data') as nbformat.IMimeBundle,
    metadata: object(
      content.metadata ?? {},
      'metadata'
    ) as nbformat.OutputMetadata
  };
}

function parseError(content: Fields): {
  ename: string;
  evalue: string;
  traceback: string[];
} {
  return {
    ename: string(content.ename, 'ename'),
    evalue: string(content.evalue, 'evalue'),
    traceback: list(content.traceback, string, 'traceback')
  };
}

function parseRecords(value: unknown, runtime: string): IJob[] {
  return list(value, entry => parseRecord(entry, runtime), 'jobs');
}

/**
 * Read a job's record.
 *
 * @throws ProtocolError if it is malformed.
 */
export function parseRecord(value: unknown, runtime: string): IJob {
  const record = object(value, 'job');
  const id = integer(record.id, 'id');
  return {
    key: jobKey(runtime, id),
    runtime,
    id,
    name: string(record.name, 'name'),
    state: literal(
      record.state,
      ['queued', 'running', 'stopping', 'finished', 'failed', 'killed'],
      'state'
    ),
    code: string(record.code, 'code'),
    cellId: nullable(record.cell_id, string, 'cell_id'),
    request: nullable(record.request, string, 'request'),
    executionCount: nullable(
      record.execution_count,
      integer,
      'execution_count'
    ),
    backend: string(record.backend, 'backend'),
    lane: literal(record.lane, ['queue', 'express', 'api'], 'lane'),
    submitted: number(record.submitted, 'submitted'),
    started: nullable(record.started, number, 'started'),
    ended: nullable(record.ended, number, 'ended'),
    stoppingSince: nullable(record.stopping_since, number, 'stopping_since'),
    stuckIn: nullable(record.stuck_in, string, 'stuck_in'),
    timedOut: boolean(record.timed_out ?? false, 'timed_out'),
    error: nullable<IJobError>(
      record.error,
      error => parseError(object(error, 'error')),
      'error'
    )
  };
}

function checkVersion(version: unknown): void {
  if (version !== PROTOCOL_VERSION) {
    throw new ProtocolError(
      `The kernel speaks version ${String(version)} of the jobs protocol, the page ${PROTOCOL_VERSION}.`
    );
  }
}

// One reader for each kind of field; `where` names the field in the error.

type Reader<T> = (value: unknown, where: string) => T;

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function object(value: unknown, where: string): Fields {
  return isObject(value) ? value : malformed(value, 'an object', where);
}

export function string(value: unknown, where: string): string {
  return typeof value === 'string' ? value : malformed(value, 'text', where);
}

export function boolean(value: unknown, where: string): boolean {
  return typeof value === 'boolean'
    ? value
    : malformed(value, 'true or false', where);
}

export function number(value: unknown, where: string): number {
  return typeof value === 'number' && Number.isFinite(value)
    ? value
    : malformed(value, 'a number', where);
}

function integer(value: unknown, where: string): number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
    ? value
    : malformed(value, 'a count', where);
}

function nullable<T>(value: unknown, read: Reader<T>, where: string): T | null {
  return value === null || value === undefined ? null : read(value, where);
}

export function list<T>(value: unknown, read: Reader<T>, where: string): T[] {
  return Array.isArray(value)
    ? value.map(item => read(item, where))
    : malformed(value, 'a list', where);
}

function literal<T extends string>(
  value: unknown,
  allowed: readonly T[],
  where: string
): T {
  const found = allowed.find(word => word === value);
  return found ?? malformed(value, allowed.join(' or '), where);
}

function malformed(value: unknown, wanted: string, where: string): never {
  const got = value === undefined ? 'nothing' : JSON.stringify(value);
  throw new ProtocolError(
    `Malformed message: "${where}" must be ${wanted}, and is ${got.slice(0, 80)}.`
  );
}
