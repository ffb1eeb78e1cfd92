import type { IJob } from '../model/job';
import { sectionOf } from '../model/job';

/**
 * How many jobs of all notebooks have not ended, and how many have failed.
 */
export interface IJobCounts {
  readonly running: number;
  readonly failed: number;
}

/**
 * Count jobs. One that was killed has not failed: somebody wanted its end.
 */
export function countJobs(kernels: Iterable<Iterable<IJob>>): IJobCounts {
  let running = 0;
  let failed = 0;
  for (const jobs of kernels) {
    for (const job of jobs) {
      if (sectionOf(job.state) === 'running') {
        running += 1;
      } else if (job.state === 'failed' || job.state === 'lost') {
        failed += 1;
      }
    }
  }
  return { running, failed };
}
