import type { TranslationBundle } from '@jupyterlab/translation';

import type { IJob } from '../model/job';

/**
 * What a duration is made of.
 */
export type JobTimes = Pick<IJob, 'started' | 'ended'>;

/**
 * A duration as people say it: `0.3 s`, `12 s`, `1 m 05 s`, `2 h 03 m`, `1 d 04 h`.
 *
 * @param seconds - how long; what is less than nothing counts as nothing.
 */
export function formatDuration(
  seconds: number,
  trans: TranslationBundle
): string {
  const exact = Math.max(0, seconds);
  if (exact < 0.0995) {
    return trans.__('%1 ms', Math.round(exact * 1000));
  }
  if (exact < 9.95) {
    return trans.__('%1 s', exact.toFixed(1));
  }
  return formatWhole(Math.round(exact), trans);
}

/**
 * How long a job has taken, or takes so far; nothing for one that never started,
 * or whose end nobody saw.
 *
 * @param now - the kernel's clock, asked only while the job runs.
 */
export function jobDuration(
  { started, ended }: JobTimes,
  isRunning: boolean,
  now: () => number,
  trans: TranslationBundle
): string {
  if (started === null) {
    return '';
  }
  if (isRunning) {
    // Rounded down: a running clock that shows fractions is only restless.
    return formatWhole(Math.max(0, Math.floor(now() - started)), trans);
  }
  return ended === null ? '' : formatDuration(ended - started, trans);
}

function formatWhole(seconds: number, trans: TranslationBundle): string {
  if (seconds < 60) {
    return trans.__('%1 s', seconds);
  }
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) {
    return trans.__('%1 m %2 s', minutes, twoDigits(seconds % 60));
  }
  const hours = Math.floor(minutes / 60);
  if (hours < 24) {
    return trans.__('%1 h %2 m', hours, twoDigits(minutes % 60));
  }
  return trans.__('%1 d %2 h', Math.floor(hours / 24), twoDigits(hours % 24));
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}
