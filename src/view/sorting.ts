import type { IJob } from '../model/job';

/** The orders in which the jobs of a section can be listed. */
export const SORT_ORDERS = ['newest', 'oldest', 'name', 'duration'] as const;

/**
 * An order of jobs.
 */
export type SortOrder = (typeof SORT_ORDERS)[number];

const byName = new Intl.Collator(undefined, { numeric: true });

/**
 * Jobs in another order.
 *
 * @param jobs - in the order of submission; is changed.
 * @param now - the kernel's clock, in seconds since the epoch.
 */
export function sortJobs(jobs: IJob[], order: SortOrder, now: number): IJob[] {
  switch (order) {
    case 'newest':
      return jobs.reverse();
    case 'oldest':
      return jobs;
    case 'name':
      return jobs.sort((a, b) => byName.compare(a.name, b.name));
    case 'duration': {
      // The longest first; what never started comes last.
      const duration = ({ started, ended }: IJob) =>
        started === null ? -1 : (ended ?? now) - started;
      return jobs.sort((a, b) => duration(b) - duration(a));
    }
  }
}
