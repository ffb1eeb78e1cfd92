import type { INotebookTracker } from '@jupyterlab/notebook';
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';

import type { IJob } from '../model/job';
import { jobKey } from '../model/job';
import type { IJobs, IKernelJobs } from '../tokens';
import { currentJobs } from './currentkernel';

/**
 * A job and where it lives.
 */
export interface IFoundJob {
  readonly job: IJob;
  readonly kernel: IKernelJobs;
}

/**
 * The kernel that a command's arguments name, or that of the notebook in front.
 */
export function findKernelJobs(
  args: ReadonlyPartialJSONObject,
  jobs: IJobs,
  tracker: INotebookTracker | null
): IKernelJobs | null {
  if (typeof args.runtime === 'string') {
    return jobs.find(args.runtime);
  }
  if (typeof args.kernelId === 'string') {
    return jobs.get(args.kernelId);
  }
  return currentJobs(tracker, jobs);
}

/**
 * The job that a command's arguments name; without an id, the newest for which
 * `isMeant`.
 */
export function findJob(
  args: ReadonlyPartialJSONObject,
  jobs: IJobs,
  tracker: INotebookTracker | null,
  isMeant: (job: IJob) => boolean
): IFoundJob | null {
  const kernel = findKernelJobs(args, jobs, tracker);
  if (!kernel) {
    return null;
  }
  const { id, runtime } = args;
  let job: IJob | undefined;
  if (typeof id === 'number' && typeof runtime === 'string') {
    job = kernel.state.jobs.get(jobKey(runtime, id));
  } else {
    // Of two jobs with the same id, the newer is of the present session.
    const isNamed = (one: IJob) => one.id === id;
    job = [...kernel.state.jobs.values()]
      .reverse()
      .find(id === undefined ? isMeant : isNamed);
  }
  return job ? { job, kernel } : null;
}
