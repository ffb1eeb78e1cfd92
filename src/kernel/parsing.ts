import type * as nbformat from '@jupyterlab/nbformat';

import type {
  ICellLog,
  IJob,
  IJobError,
  IJobItem,
  IJobOutput,
  IJobPlace,
  IJobProgress,
  IJobVariable,
  IOutputLog
} from '../model/job';
import { ITEM_STATES, jobKey, KERNEL_JOB_STATES } from '../model/job';
import type { Fields } from './fields';
import {
  boolean,
  integer,
  isObject,
  list,
  literal,
  nullable,
  number,
  object,
  ProtocolError,
  string
} from './fields';
import type {
  IKilled,
  IPublished,
  IRequests,
  ISnapshot,
  JobsMessage,
  Method,
  OutputChange
} from './protocol';
import {
  EVENT_TYPE,
  OUTPUT_METADATA,
  PROTOCOL_VERSION,
  RequestError
} from './protocol';

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
  start_now: result => ({ waits: boolean(result.waits, 'waits') }),
  configure: () => ({}),
  kill: parseKilled,
  kill_all: parseKilled,
  clear: result => ({ removed: list(result.removed, integer, 'removed') }),
  land: result => ({ names: list(result.names, string, 'names') }),
  variables: result => ({
    total: integer(result.total, 'total'),
    variables: list(result.variables, parseVariable, 'variables')
  }),
  items: result => ({
    total: integer(result.total, 'total'),
    items: list(result.items, parseGroupItem, 'items')
  }),
  output: result => ({
    text: string(result.text, 'text'),
    next: integer(result.next, 'next'),
    total: integer(result.total, 'total')
  })
};

function parseVariable(value: unknown): IJobVariable {
  const variable = object(value, 'variables');
  return {
    name: string(variable.name, 'name'),
    type: string(variable.type, 'type'),
    value: string(variable.value, 'value')
  };
}

function parseGroupItem(value: unknown): IJobItem {
  const item = object(value, 'items');
  return {
    index: integer(item.index, 'index'),
    state: literal(item.state, ITEM_STATES, 'state'),
    text: string(item.text, 'text')
  };
}

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
    cells: parseCells(result.cells),
    since: nullable(result.since, integer, 'since'),
    unchangedOutputs: list(
      result.unchanged_outputs ?? [],
      integer,
      'unchanged_outputs'
    ).map(id => jobKey(runtime, id)),
    unchangedCells: list(
      result.unchanged_cells ?? [],
      string,
      'unchanged_cells'
    )
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
    items: list(log.items, parseLogItem, 'items'),
    dropped: integer(log.dropped, 'dropped'),
    clearPending: boolean(log.clear_pending ?? false, 'clear_pending')
  };
}

function parseLogItem(entry: unknown): IJobOutput {
  const item = object(entry, 'item');
  return {
    output: parseItem(string(item.output_type, 'output_type'), item),
    displayId: nullable(item.display_id, string, 'display_id')
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
    state: literal(record.state, KERNEL_JOB_STATES, 'state'),
    code: string(record.code, 'code'),
    cellId: nullable(record.cell_id, string, 'cell_id'),
    request: nullable(record.request, string, 'request'),
    executionCount: nullable(
      record.execution_count,
      integer,
      'execution_count'
    ),
    backend: string(record.backend, 'backend'),
    place: nullable(record.place ?? null, parsePlace, 'place'),
    lane: literal(record.lane, ['queue', 'express', 'api'], 'lane'),
    submitted: number(record.submitted, 'submitted'),
    started: nullable(record.started, number, 'started'),
    ended: nullable(record.ended, number, 'ended'),
    stoppingSince: nullable(record.stopping_since, number, 'stopping_since'),
    stuckIn: nullable(record.stuck_in, string, 'stuck_in'),
    timedOut: boolean(record.timed_out ?? false, 'timed_out'),
    // What the page itself has kept of earlier sessions may be older than these.
    waitingFor: nullable(record.waiting_for ?? null, string, 'waiting_for'),
    killReason: nullable(record.kill_reason ?? null, string, 'kill_reason'),
    notify: boolean(record.notify ?? false, 'notify'),
    hasItems: boolean(record.has_items ?? false, 'has_items'),
    progress: nullable(record.progress ?? null, parseProgress, 'progress'),
    error: nullable<IJobError>(
      record.error,
      error => parseError(object(error, 'error')),
      'error'
    )
  };
}

function parsePlace(value: unknown): IJobPlace {
  const place = object(value, 'place');
  const url = nullable(place.url, string, 'url');
  return {
    text: string(place.text, 'text'),
    // It may come from anywhere, and becomes a link.
    url: url !== null && /^https?:\/\//i.test(url) ? url : null
  };
}

function parseProgress(value: unknown): IJobProgress {
  const progress = object(value, 'progress');
  return {
    done: number(progress.done, 'done'),
    total: nullable(progress.total, number, 'total'),
    text: string(progress.text, 'text'),
    rate: nullable(progress.rate, number, 'rate')
  };
}

function checkVersion(version: unknown): void {
  if (version !== PROTOCOL_VERSION) {
    throw new ProtocolError(
      `The kernel speaks version ${String(version)} of the jobs protocol, the page ${PROTOCOL_VERSION}.`
    );
  }
}
