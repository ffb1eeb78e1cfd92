import type { IJob } from '../model/job';

/**
 * Whether a job is one that the user looks for: every word of the query is part of its
 * number, name, code, state or where it runs; case does not count.
 */
export function matchesFilter(job: IJob, query: string): boolean {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) {
    return true;
  }
  const text = [
    `#${job.id}`,
    job.name,
    job.code,
    job.state,
    job.backend,
    job.place?.text ?? ''
  ]
    .join('\n')
    .toLowerCase();
  return words.every(word => text.includes(word));
}

/**
 * Those of the jobs that the user looks for, in their order.
 */
export function matchingJobs(jobs: Iterable<IJob>, query: string): IJob[] {
  const all = [...jobs];
  return query.trim() === ''
    ? all
    : all.filter(job => matchesFilter(job, query));
}
