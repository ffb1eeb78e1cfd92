import type { ISessionContext } from '@jupyterlab/apputils';
import type { INotebookTracker } from '@jupyterlab/notebook';

import type { IJobs, IKernelJobs } from '../tokens';

/**
 * The last kernel of each notebook. One that has died is no longer its session's,
 * and what became of its jobs is still of interest.
 */
const lastKernelIds = new WeakMap<ISessionContext, string>();

/**
 * The id of a notebook's kernel, or of the last one if it has none now.
 */
export function kernelIdOf(context: ISessionContext): string | null {
  const id = context.session?.kernel?.id;
  if (id !== undefined) {
    lastKernelIds.set(context, id);
  }
  return id ?? lastKernelIds.get(context) ?? null;
}

/**
 * The jobs of the notebook in front.
 */
export function currentJobs(
  tracker: INotebookTracker | null,
  jobs: IJobs
): IKernelJobs | null {
  const context = tracker?.currentWidget?.sessionContext;
  const kernelId = context ? kernelIdOf(context) : null;
  return kernelId === null ? null : jobs.get(kernelId);
}
