import type { ReadonlyJSONObject } from '@lumino/coreutils';

import {
  boolean,
  list,
  number,
  object,
  ProtocolError,
  string
} from '../kernel/fields';
import { parseLog, parseRecord } from '../kernel/parsing';
import type { History, IRemembered } from './history';
import type { IJob, IOutputLog } from './job';

// How a notebook's history is stored. Records and logs are written as on the wire, and what
// is read is parsed as strictly: anybody may have written it.

/** The version of what is stored; any other is not read. */
const VERSION = 1;

/**
 * A notebook's history, for the state database.
 *
 * @param saved - when it is stored, in seconds since the epoch.
 */
export function writeHistory(
  history: History,
  saved: number
): ReadonlyJSONObject {
  return {
    version: VERSION,
    saved,
    jobs: [...history.values()].map(writeEntry)
  };
}

/**
 * How much an entry takes where it is stored.
 */
export function storedSize(entry: IRemembered): number {
  return JSON.stringify(writeEntry(entry)).length;
}

/**
 * Read what was stored. What is malformed is left out.
 *
 * @param onMalformed - is told why.
 */
export function parseHistory(
  value: unknown,
  onMalformed: (error: unknown) => void
): History {
  const history = new Map<string, IRemembered>();
  if (value === undefined || value === null) {
    return history;
  }
  const read = <T>(parse: () => T): T | undefined => {
    try {
      return parse();
    } catch (error) {
      onMalformed(error);
      return undefined;
    }
  };
  const entries = read(() => {
    const stored = object(value, 'history');
    if (stored.version !== VERSION) {
      throw new ProtocolError(
        `The history has the unknown version ${String(stored.version).slice(0, 20)}.`
      );
    }
    return list(stored.jobs, entry => entry, 'jobs');
  });
  for (const entry of entries ?? []) {
    const parsed = read(() => parseEntry(entry));
    if (parsed) {
      history.set(parsed.job.key, parsed);
    }
  }
  return history;
}

/**
 * When a stored history was saved; 0 for what is none.
 */
export function savedAt(value: unknown): number {
  try {
    return number(object(value, 'history').saved, 'saved');
  } catch {
    return 0;
  }
}

function parseEntry(value: unknown): IRemembered {
  const entry = object(value, 'entry');
  const job = parseRecord(entry.record, name(entry.runtime, 'runtime'));
  return {
    kernelId: name(entry.kernel, 'kernel'),
    job: boolean(entry.lost, 'lost') ? { ...job, state: 'lost' } : job,
    log: parseLog(entry.log)
  };
}

function name(value: unknown, where: string): string {
  const text = string(value, where);
  if (text === '' || text.length > 100) {
    throw new ProtocolError(`"${where}" must be an id.`);
  }
  return text;
}

function writeEntry({ kernelId, job, log }: IRemembered): ReadonlyJSONObject {
  return {
    kernel: kernelId,
    runtime: job.runtime,
    // The page's own word: no kernel says it of itself.
    lost: job.state === 'lost',
    record: writeRecord(job),
    log: writeLog(log)
  };
}

function writeRecord(job: IJob): ReadonlyJSONObject {
  return {
    id: job.id,
    name: job.name,
    state: job.state === 'lost' ? 'running' : job.state,
    code: job.code,
    cell_id: job.cellId,
    request: job.request,
    execution_count: job.executionCount,
    backend: job.backend,
    place: job.place && { ...job.place },
    lane: job.lane,
    submitted: job.submitted,
    started: job.started,
    ended: job.ended,
    timed_out: job.timedOut,
    kill_reason: job.killReason,
    error: job.error && { ...job.error }
  };
}

function writeLog(log: IOutputLog): ReadonlyJSONObject {
  return {
    items: log.items.map(({ output, displayId }) => ({
      ...(output as ReadonlyJSONObject),
      display_id: displayId
    })),
    dropped: log.dropped
  };
}
