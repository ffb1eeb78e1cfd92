import type { RefObject } from 'react';
import { useEffect, useRef } from 'react';

import type { IJob } from '../model/job';
import { jobKey } from '../model/job';

/**
 * The wish to bring a job into view: another object for each time.
 */
export interface IRevealedJob {
  readonly key: string;
}

/**
 * Bring a job into view, in a component, once for each wish: as soon as the job is
 * there and its row is drawn, which may be long after the wish.
 *
 * @param isVisible - whether there is anything to see; else the wish waits.
 * @param open - makes the job's row part of what is drawn.
 * @returns a reference for the element that holds the rows.
 */
export function useReveal(
  wish: IRevealedJob | null,
  jobs: ReadonlyMap<string, IJob> | undefined,
  isVisible: boolean,
  open: (job: IJob) => void
): RefObject<HTMLDivElement> {
  const content = useRef<HTMLDivElement>(null);
  // A wish that has come true must not do so again: it would take the focus away
  // from wherever the user works by then.
  const fulfilled = useRef<IRevealedJob | null>(null);

  // After every drawing: the job comes with one, and its row with the next.
  useEffect(() => {
    if (!wish || wish === fulfilled.current || !isVisible) {
      return;
    }
    const job = jobs?.get(wish.key);
    if (!job) {
      return;
    }
    open(job);
    const row = content.current && findRow(content.current, job.key);
    const summary = row?.querySelector<HTMLElement>('.jp-Jobs-summary');
    if (summary) {
      fulfilled.current = wish;
      summary.focus();
      summary.scrollIntoView({ block: 'nearest' });
    }
  });

  return content;
}

function findRow(content: HTMLElement, key: string): HTMLElement | undefined {
  const rows = content.querySelectorAll<HTMLElement>('.jp-Jobs-item');
  return [...rows].find(
    ({ dataset }) =>
      jobKey(dataset.runtime ?? '', Number(dataset.jobId)) === key
  );
}
