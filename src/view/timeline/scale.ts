import type { ITimeRange } from './spans';

/** The shortest range that can be looked at, in seconds. */
const SHORTEST = 0.05;

/** Steps between two marks on the axis, in seconds. */
const STEPS = [
  0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900,
  1800, 3600, 7200, 21600, 43200, 86400
];

/**
 * Where a time is drawn, in pixels from the left.
 */
export function positionOf(
  time: number,
  { from, to }: ITimeRange,
  width: number
): number {
  return ((time - from) / Math.max(to - from, SHORTEST)) * width;
}

/**
 * Another range around the time at a place in it, `factor` times as long: less than 1 looks
 * closer. It leaves `whole` nowhere.
 *
 * @param at - the place that stays, from 0 at the left to 1 at the right.
 */
export function zoomed(
  { from, to }: ITimeRange,
  factor: number,
  at: number,
  whole: ITimeRange
): ITimeRange {
  const longest = Math.max(whole.to - whole.from, SHORTEST);
  const length = Math.min(Math.max((to - from) * factor, SHORTEST), longest);
  const fixed = from + (to - from) * at;
  return moved(
    { from: fixed - length * at, to: fixed + length * (1 - at) },
    0,
    whole
  );
}

/**
 * A range moved by a part of its length, as far as `whole` goes.
 */
export function moved(
  { from, to }: ITimeRange,
  by: number,
  whole: ITimeRange
): ITimeRange {
  const length = to - from;
  const latest = Math.max(whole.from, whole.to - length);
  const start = Math.min(Math.max(from + length * by, whole.from), latest);
  return { from: start, to: start + length };
}

/**
 * The times to be marked on the axis.
 *
 * @param width - of the axis, in pixels.
 * @param distance - of two marks at least, in pixels.
 */
export function ticksOf(
  { from, to }: ITimeRange,
  width: number,
  distance: number
): { readonly step: number; readonly times: readonly number[] } {
  const length = Math.max(to - from, SHORTEST);
  const least = (length / Math.max(width, 1)) * distance;
  const last = STEPS[STEPS.length - 1];
  const step =
    STEPS.find(one => one >= least) ?? Math.ceil(least / last) * last;
  const times: number[] = [];
  // From the local midnight on, so that long steps fall on whole hours and days.
  const zone = new Date(from * 1000).getTimezoneOffset() * 60;
  const first = Math.ceil((from - zone) / step) * step + zone;
  for (let time = first; time <= from + length; time += step) {
    times.push(time);
  }
  return { step, times };
}

/**
 * A time of the axis in words.
 */
export function tickLabel(time: number, step: number): string {
  const date = new Date(time * 1000);
  if (step >= 86400) {
    return date.toLocaleDateString(undefined, {
      month: 'short',
      day: 'numeric'
    });
  }
  const text = date.toLocaleTimeString(undefined, {
    hour: '2-digit',
    minute: '2-digit',
    second: step < 60 ? '2-digit' : undefined
  });
  if (step >= 1) {
    return text;
  }
  // Within a second the rest is known.
  return `+${Math.round((time % 1) * 1000)} ms`;
}
