import { PROTOCOL_VERSION } from '../kernel/protocol';
import type { IJob, JobState } from '../model/job';
import { KERNEL_JOB_STATES } from '../model/job';

/** The MIME type under which a job's record is displayed under its cell. */
export const JOB_RECORD_MIME_TYPE = 'application/vnd.jupyterlab-jobs.job+json';

const MAX_NAME_LENGTH = 200;

/**
 * What a notebook remembers of a job.
 */
export type JobRecord = Pick<
  IJob,
  'runtime' | 'id' | 'name' | 'state' | 'started' | 'ended' | 'timedOut'
>;

const STATES: readonly string[] = [...KERNEL_JOB_STATES, 'lost'];

/**
 * Read a record from a notebook, which anybody may have written.
 *
 * @returns the record, or null if it is none that this version understands.
 */
export function parseNotebookRecord(data: unknown): JobRecord | null {
  if (typeof data !== 'object' || data === null) {
    return null;
  }
  const { version, runtime, id, name, state, started, ended, timed_out } =
    data as Record<string, unknown>;
  if (
    version !== PROTOCOL_VERSION ||
    typeof runtime !== 'string' ||
    !runtime ||
    typeof id !== 'number' ||
    !Number.isSafeInteger(id) ||
    id < 1 ||
    typeof name !== 'string' ||
    !isState(state) ||
    !isTime(started) ||
    !isTime(ended)
  ) {
    return null;
  }
  return {
    runtime,
    id,
    name: name.slice(0, MAX_NAME_LENGTH),
    state,
    started: started ?? null,
    ended: ended ?? null,
    timedOut: timed_out === true
  };
}

function isState(value: unknown): value is JobState {
  return typeof value === 'string' && STATES.includes(value);
}

function isTime(value: unknown): value is number | null | undefined {
  return (
    value === null ||
    value === undefined ||
    (typeof value === 'number' && Number.isFinite(value))
  );
}
