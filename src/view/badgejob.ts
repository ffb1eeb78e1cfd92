import { useCallback, useSyncExternalStore } from 'react';

import type { IJob } from '../model/job';
import { jobKey } from '../model/job';
import type { IJobs, IKernelJobs } from '../tokens';
import type { JobRecord } from './record';

/**
 * What a badge shows.
 */
export type BadgeSubject =
  /** The job itself. */
  | { readonly kind: 'live'; readonly job: IJob; readonly kernel: IKernelJobs }
  /** A job that had ended when its notebook was saved: that is still true. */
  | { readonly kind: 'ended'; readonly record: JobRecord }
  /** The record does not say how the job ended, and no kernel has said it yet. */
  | { readonly kind: 'unknown'; readonly record: JobRecord }
  /** Nobody can say any more how the job ended. */
  | { readonly kind: 'gone'; readonly record: JobRecord };

/**
 * The kernel that has a recorded job, in a component: it may become known long
 * after the notebook is opened.
 */
export function useKernelOf(
  jobs: IJobs,
  record: JobRecord
): IKernelJobs | null {
  return useKernels(jobs, () => jobs.find(record.runtime));
}

/**
 * Whether some kernel has not said yet which runtime it has, in a component.
 */
export function useIsConnecting(jobs: IJobs): boolean {
  return useKernels(jobs, () =>
    [...jobs.kernels].some(kernel => kernel.state.status.kind === 'connecting')
  );
}

/**
 * A job in a component, which is drawn again when this job changes, and no other.
 */
export function useJob(
  kernel: IKernelJobs | null,
  { runtime, id }: JobRecord
): IJob | null {
  const key = jobKey(runtime, id);
  const subscribe = useCallback(
    (onChange: () => void) => {
      kernel?.stateChanged.connect(onChange);
      return () => {
        kernel?.stateChanged.disconnect(onChange);
      };
    },
    [kernel]
  );
  return useSyncExternalStore(
    subscribe,
    () => kernel?.state.jobs.get(key) ?? null
  );
}

function useKernels<T>(jobs: IJobs, getSnapshot: () => T): T {
  const subscribe = useCallback(
    (onChange: () => void) => {
      jobs.kernelsChanged.connect(onChange);
      return () => {
        jobs.kernelsChanged.disconnect(onChange);
      };
    },
    [jobs]
  );
  return useSyncExternalStore(subscribe, getSnapshot);
}
