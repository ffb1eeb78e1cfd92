import type { TranslationBundle } from '@jupyterlab/translation';
import React from 'react';

import type { JobState } from '../model/job';
import { hasEnded } from '../model/job';
import type { Clock } from './clock';
import type { JobTimes } from './duration';
import { formatDuration, jobDuration } from './duration';
import type { ShownState } from './statetext';
import { stateText } from './statetext';
import { useTicks } from './ticks';

/**
 * What a time is shown with.
 */
export interface IJobTimeOptions {
  readonly clock: Clock;
  /** The kernel's clock, in seconds since the epoch. */
  readonly now: () => number;
  readonly trans: TranslationBundle;
}

/** States that neither the icon's motion nor the section's title tells. */
const UNOBVIOUS: readonly JobState[] = ['queued', 'stopping', 'killed', 'lost'];

/**
 * How long a job has taken, counting while it runs, and its state in words; only
 * this text is drawn again at a tick.
 *
 * @param props.isCompact - whether to save space: the state only where nothing
 * else tells it, and a job that is stopping without its time.
 * @param props.previous - how long it took the last time, in seconds.
 */
export function JobTime(props: {
  job: ShownState & JobTimes;
  isCompact: boolean;
  options: IJobTimeOptions;
  previous?: number;
}): JSX.Element | null {
  const { job, isCompact, options, previous } = props;
  const { clock, now, trans } = options;
  const isRunning = !hasEnded(job.state) && job.started !== null;
  useTicks(clock, isRunning);

  const isNamed = !isCompact || UNOBVIOUS.includes(job.state);
  const isTimed = !isCompact || job.state !== 'stopping';
  const text = [
    isNamed && stateText(job, trans),
    isTimed && jobDuration(job, isRunning, now, trans),
    isTimed &&
      isRunning &&
      previous !== undefined &&
      trans.__('last time %1', formatDuration(previous, trans))
  ]
    .filter(Boolean)
    .join(' · ');
  return text ? <bdi className="jp-Jobs-time">{text}</bdi> : null;
}
