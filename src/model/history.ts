import type { IPastJob } from '../tokens';
import type { IJob, IOutputLog } from './job';
import { hasEnded } from './job';
import { EMPTY_LOG } from './outputlog';
import { outputTail } from './outputtail';

/** How many jobs of one notebook are kept, the newest. */
export const MAX_JOBS = 100;

/** How much of one job's output is kept, in characters: its end. */
export const MAX_OUTPUT = 20_000;

/**
 * How much is kept for one notebook, in characters of JSON. JupyterLab sends all
 * that its state database holds whenever anything in it changes.
 */
export const MAX_NOTEBOOK = 200_000;

const MAX_CODE = 5_000;
const MAX_TEXT = 500;
const MAX_TRACEBACK = 10_000;

/**
 * A job as it was when the page last heard of it.
 */
export interface IRemembered extends IPastJob {
  /** The kernel that ran it. */
  readonly kernelId: string;
}

/**
 * What is known of a notebook's jobs, by key.
 */
export type History = ReadonlyMap<string, IRemembered>;

/**
 * Join what was stored, perhaps by another tab, with what is known now.
 *
 * @param forgotten - keys of jobs that the user has cleared.
 */
export function mergeHistories(
  stored: History,
  news: History,
  forgotten: ReadonlySet<string> = new Set()
): History {
  const merged = new Map(stored);
  for (const [key, entry] of news) {
    const before = stored.get(key);
    // Another tab may have seen an end that this one has missed.
    if (!before || !endIsKnown(before.job) || endIsKnown(entry.job)) {
      merged.set(key, entry);
    }
  }
  forgotten.forEach(key => merged.delete(key));
  return merged;
}

/**
 * As much of a history as is kept: the newest jobs, and the end of what they wrote.
 *
 * @param sizeOf - how much an entry takes where it is stored.
 * @param count - how many jobs at most.
 */
export function boundHistory(
  history: History,
  sizeOf: (entry: IRemembered) => number,
  count = MAX_JOBS
): History {
  const newest = [...history.values()]
    .sort((a, b) => b.job.submitted - a.job.submitted)
    .slice(0, count);
  let left = MAX_NOTEBOOK;
  // The jobs themselves come before anything that one of them wrote.
  const kept: IRemembered[] = [];
  for (const entry of newest) {
    const bare = { ...entry, job: shortened(entry.job), log: EMPTY_LOG };
    left -= sizeOf(bare);
    if (left < 0) {
      break;
    }
    kept.push(bare);
  }
  const bounded = kept.map((bare, index) => {
    const log = outputTail(withoutError(newest[index]), MAX_OUTPUT);
    const entry = { ...bare, log };
    const size = sizeOf(entry) - sizeOf(bare);
    if (size > left) {
      return bare;
    }
    left -= size;
    return entry;
  });
  return new Map(bounded.reverse().map(entry => [entry.job.key, entry]));
}

/**
 * A remembered job whose kernel session is over.
 *
 * @param ended - when that was; null if nobody knows.
 */
export function asPast(
  { job, log }: IRemembered,
  ended: number | null
): IPastJob {
  return hasEnded(job.state)
    ? { job, log }
    : { job: { ...job, state: 'lost', ended: job.ended ?? ended }, log };
}

function endIsKnown({ state }: IJob): boolean {
  return hasEnded(state) && state !== 'lost';
}

function shortened(job: IJob): IJob {
  const { error } = job;
  return {
    ...job,
    name: job.name.slice(0, MAX_TEXT),
    code: job.code.slice(0, MAX_CODE),
    error: error && {
      ename: error.ename.slice(0, MAX_TEXT),
      evalue: error.evalue.slice(0, MAX_TEXT),
      traceback: lastLines(error.traceback)
    }
  };
}

/** The log without the traceback that the job itself has. */
function withoutError({ job, log }: IRemembered): IOutputLog {
  return job.error === null
    ? log
    : {
        ...log,
        items: log.items.filter(({ output }) => output.output_type !== 'error')
      };
}

/** The end of a traceback, which says what went wrong. */
function lastLines(lines: readonly string[]): string[] {
  const text = lines.join('\n');
  return text.length <= MAX_TRACEBACK
    ? [...lines]
    : [text.slice(text.indexOf('\n', text.length - MAX_TRACEBACK) + 1)];
}
