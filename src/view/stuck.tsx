import type { TranslationBundle } from '@jupyterlab/translation';
import React from 'react';

import type { IJob } from '../model/job';
import { jobDuration } from './duration';
import type { IJobTimeOptions } from './jobtime';
import { useTicks } from './ticks';

/**
 * A job that was killed, and does not end.
 */
export type StuckJob = IJob & {
  readonly state: 'stopping';
  readonly stuckIn: string;
};

/**
 * Whether a job is stuck: it was killed, and the call that it is in does not let go.
 */
export function isStuck(job: IJob): job is StuckJob {
  return job.state === 'stopping' && job.stuckIn !== null;
}

/**
 * For how long a job does not end, and where it is.
 */
export function stuckText(
  { stoppingSince, stuckIn }: StuckJob,
  now: () => number,
  trans: TranslationBundle
): string {
  const times = { started: stoppingSince, ended: null };
  return trans.__(
    'stopping for %1, in %2',
    jobDuration(times, true, now, trans),
    stuckIn
  );
}

/**
 * The line of a row that says why its job does not end.
 */
export function StuckLine(props: {
  job: StuckJob;
  options: IJobTimeOptions;
}): JSX.Element {
  const { clock, now, trans } = props.options;
  useTicks(clock, true);
  const text = stuckText(props.job, now, trans);
  return (
    <bdi className="jp-Jobs-line" title={text}>
      {text}
    </bdi>
  );
}
