import { useEffect, useRef } from 'react';

import type { IJob } from '../model/job';

/**
 * The wish to bring a job into view: another object for each time.
 */
export interface IRevealedJob {
  readonly key: string;
}

/**
 * Make a job part of what is listed, once for each wish: as soon as the job is there, which
 * may be long after the wish.
 *
 * @param find - the job with a key, if it is there.
 * @param isVisible - whether there is anything to see; else the wish waits.
 * @param open - has the job listed.
 * @returns the wish, from when it can come true.
 */
export function useReveal(
  wish: IRevealedJob | null,
  find: (key: string) => IJob | undefined,
  isVisible: boolean,
  open: (job: IJob) => void
): IRevealedJob | null {
  const job = isVisible && wish ? find(wish.key) : undefined;
  const opened = useRef<IRevealedJob | null>(null);
  useEffect(() => {
    if (job && wish !== opened.current) {
      opened.current = wish;
      open(job);
    }
  });
  return job ? wish : null;
}
