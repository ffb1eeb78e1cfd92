import { useRef } from 'react';

import type { IJob } from '../model/job';

/** The jobs of one kernel, by key. */
type Jobs = ReadonlyMap<string, IJob>;

/**
 * The jobs of several kernels as they were last arranged: the same maps as long as every
 * job is listed, found and sorted as before.
 *
 * #### Notes
 * Most changes of a job only tell how far it is. To look through ten thousand jobs for
 * others takes well under a millisecond; to group, sort and place them takes many.
 */
export function useArranged(jobs: readonly Jobs[]): readonly Jobs[] {
  const last = useRef<{ arranged: readonly Jobs[]; seen: readonly Jobs[] }>({
    arranged: jobs,
    seen: jobs
  });
  const { arranged, seen } = last.current;
  const isSame =
    jobs.length === seen.length &&
    jobs.every((one, index) => areArrangedAlike(one, seen[index]));
  last.current = { arranged: isSame ? arranged : jobs, seen: jobs };
  return last.current.arranged;
}

/**
 * Whether two versions of a kernel's jobs look the same in a list, but for how far the jobs
 * are.
 */
export function areArrangedAlike(some: Jobs, others: Jobs): boolean {
  if (some === others) {
    return true;
  }
  if (some.size !== others.size) {
    return false;
  }
  const rest = others.values();
  for (const job of some.values()) {
    const other = rest.next().value as IJob;
    if (job !== other && !isArrangedAlike(job, other)) {
      return false;
    }
  }
  return true;
}

function isArrangedAlike(job: IJob, other: IJob): boolean {
  return (
    job.key === other.key &&
    job.name === other.name &&
    job.state === other.state &&
    job.timedOut === other.timedOut &&
    job.place?.text === other.place?.text &&
    job.started === other.started &&
    job.stoppingSince === other.stoppingSince &&
    job.ended === other.ended
  );
}
