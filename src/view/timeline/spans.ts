import type { IJob, JobState } from '../../model/job';

/**
 * What a job did in a stretch of time, for its colour: it waited, ran and then ended or not,
 * or was being killed.
 */
export type SpanKind = 'queued' | 'stopping' | Exclude<JobState, 'queued'>;

/**
 * A stretch of a job's life; seconds since the epoch.
 */
export interface ISpan {
  readonly kind: SpanKind;
  readonly from: number;
  readonly to: number;
}

/**
 * A job's life in stretches that follow one another, from its submission until its end, or
 * until now.
 *
 * @param now - the kernel's clock, in seconds since the epoch.
 */
export function spansOf(job: IJob, now: number): readonly ISpan[] {
  const { submitted, started, ended, stoppingSince, state } = job;
  // Nobody has seen the end of one that was lost: what is known ends with its start.
  const end = ended ?? (state === 'lost' ? (started ?? submitted) : now);
  const spans: ISpan[] = [];
  const add = (kind: SpanKind, from: number, to: number) => {
    if (to > from) {
      spans.push({ kind, from, to });
    }
  };
  const begin = started ?? end;
  add('queued', submitted, begin);
  if (started !== null) {
    const killed = stoppingSince ?? end;
    add(state === 'stopping' ? 'running' : state, begin, killed);
    add('stopping', Math.max(begin, killed), end);
  }
  return spans;
}

/**
 * The time from the first submission to the last end.
 *
 * @returns null if there are no jobs.
 */
export function timeRange(
  jobs: Iterable<{ job: IJob; now: number }>
): ITimeRange | null {
  let from = Infinity;
  let to = -Infinity;
  for (const { job, now } of jobs) {
    from = Math.min(from, job.submitted);
    to = Math.max(
      to,
      job.ended ?? (job.state === 'lost' ? job.submitted : now)
    );
  }
  return from === Infinity ? null : { from, to: Math.max(to, from) };
}

/**
 * A range of time, in seconds since the epoch.
 */
export interface ITimeRange {
  readonly from: number;
  readonly to: number;
}
