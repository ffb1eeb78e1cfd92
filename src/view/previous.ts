import type { IJob } from '../model/job';

/**
 * How long each job's code took the last time before that it finished in the same
 * cell, in seconds, by the job's key.
 *
 * @param jobs - in the order of submission.
 */
export function previousDurations(
  jobs: Iterable<IJob>
): ReadonlyMap<string, number> {
  const last = new Map<string, number>();
  const previous = new Map<string, number>();
  for (const job of jobs) {
    // What Python has started, thousands perhaps, has no code of its own to be told by.
    if (job.cellId === null || job.lane === 'api') {
      continue;
    }
    // A cell may have several job lines, and another code by now.
    const where = `${job.cellId}\n${job.code}`;
    const duration = last.get(where);
    if (duration !== undefined) {
      previous.set(job.key, duration);
    }
    if (
      job.state === 'finished' &&
      job.started !== null &&
      job.ended !== null
    ) {
      last.set(where, job.ended - job.started);
    }
  }
  return previous;
}
