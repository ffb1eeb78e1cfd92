import type { TranslationBundle } from '@jupyterlab/translation';

import type { IJobProgress } from '../model/job';
import { formatDuration } from './duration';

/**
 * How far a job is, in words: "12 of 100 · 3.1/s · 28 s left · epoch 3".
 */
export function progressText(
  { done, total, text, rate }: IJobProgress,
  trans: TranslationBundle
): string {
  const parts = [
    total === null
      ? quantity(done)
      : trans.__('%1 of %2', quantity(done), quantity(total)),
    rate !== null && rate > 0 && trans.__('%1/s', quantity(rate)),
    total !== null &&
      rate !== null &&
      rate > 0 &&
      done < total &&
      trans.__('%1 left', formatDuration((total - done) / rate, trans)),
    text
  ];
  return parts.filter(Boolean).join(' · ');
}

/**
 * The part that is done, from 0 to 1; null where nobody knows.
 */
export function progressFraction({ done, total }: IJobProgress): number | null {
  return total !== null && total > 0
    ? Math.min(1, Math.max(0, done / total))
    : null;
}

// Made once: that takes longer than all else here.
const WHOLE = new Intl.NumberFormat(undefined, { maximumFractionDigits: 0 });
const ONE_DIGIT = new Intl.NumberFormat(undefined, {
  maximumFractionDigits: 1
});

/** At most three digits behind the point, and as many before it as there are. */
function quantity(value: number): string {
  const format =
    Math.abs(value) >= 100 || Number.isInteger(value) ? WHOLE : ONE_DIGIT;
  return value !== 0 && Math.abs(value) < 0.1
    ? value.toPrecision(1)
    : format.format(value);
}
