import type { IJob } from '../../model/job';
import { positionOf, tickLabel, ticksOf } from './scale';
import type { ITimeRange, SpanKind } from './spans';
import { spansOf } from './spans';

/** The height of a job's lane and of its bar, and of the axis, in pixels. */
export const LANE = 20;
const BAR = 14;
export const AXIS = 22;

/** The shortest bar, in pixels: what took no time is seen nevertheless. */
const SHORTEST_BAR = 2;

/** How much of the width a name may take. */
const LONGEST_NAME = 0.45;

/** The distance of two marks on the axis at least, in pixels. */
const TICK_DISTANCE = 84;

/** The style property of each colour; they are those of the states' icons. */
const COLORS: Readonly<Record<SpanKind, string>> = {
  queued: '--jp-border-color1',
  running: '--jp-brand-color1',
  stopping: '--jp-warn-color1',
  finished: '--jp-success-color1',
  failed: '--jp-error-color1',
  killed: '--jp-border-color0',
  lost: '--jp-border-color0'
};

/**
 * A job on the timeline.
 */
export interface ITimelineJob {
  readonly job: IJob;
  /** The clock of its kernel, in seconds since the epoch. */
  readonly now: () => number;
}

/**
 * What is to be drawn.
 */
export interface ITimelinePicture {
  readonly jobs: readonly ITimelineJob[];
  readonly range: ITimeRange;
  /** How far down the lanes are scrolled, in pixels. */
  readonly scrollTop: number;
  /** The job under the pointer or with the focus, by its place; -1 for none. */
  readonly marked: number;
}

/**
 * Draw the lanes that are in sight, whatever stands above and below.
 *
 * @param canvas - as large as what can be seen; its colours are those of its styles.
 */
export function drawTimeline(
  canvas: HTMLCanvasElement,
  { jobs, range, scrollTop, marked }: ITimelinePicture
): void {
  const context = canvas.getContext('2d');
  if (!context) {
    return;
  }
  const ratio = window.devicePixelRatio;
  const { clientWidth: width, clientHeight: height } = canvas;
  if (canvas.width !== width * ratio || canvas.height !== height * ratio) {
    canvas.width = width * ratio;
    canvas.height = height * ratio;
  }
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);

  const styles = getComputedStyle(canvas);
  const color = (name: string) => styles.getPropertyValue(name).trim();
  context.textBaseline = 'middle';

  const ticks = ticksOf(range, width, TICK_DISTANCE);
  context.fillStyle = color('--jp-border-color2');
  for (const time of ticks.times) {
    context.fillRect(Math.round(positionOf(time, range, width)), 0, 1, height);
  }

  context.save();
  context.beginPath();
  context.rect(0, AXIS, width, height);
  context.clip();
  const first = Math.max(0, Math.floor(scrollTop / LANE));
  const last = Math.min(
    jobs.length - 1,
    Math.floor((scrollTop + height - AXIS) / LANE)
  );
  context.font = `${styles.fontSize} ${color('--jp-code-font-family')}`;
  for (let index = first; index <= last; index += 1) {
    const top = AXIS + index * LANE - scrollTop;
    if (index === marked) {
      context.fillStyle = color('--jp-layout-color2');
      context.fillRect(0, top, width, LANE);
    }
    const { job, now } = jobs[index];
    let end = 0;
    for (const { kind, from, to } of spansOf(job, now())) {
      const left = positionOf(from, range, width);
      const right = Math.max(
        positionOf(to, range, width),
        kind === 'queued' ? left : left + SHORTEST_BAR
      );
      end = right;
      if (right > 0 && left < width) {
        // A wait is a thin line before the bar.
        const thickness = kind === 'queued' ? 4 : BAR;
        context.fillStyle = color(COLORS[kind]);
        context.fillRect(
          Math.max(left, 0),
          top + (LANE - thickness) / 2,
          Math.min(right, width) - Math.max(left, 0),
          thickness
        );
      }
    }
    drawName(context, job.name, top + LANE / 2, end, width, color);
  }
  context.restore();

  context.font = `${styles.fontSize} ${styles.fontFamily}`;
  context.fillStyle = color('--jp-ui-font-color2');
  for (const time of ticks.times) {
    const left = Math.round(positionOf(time, range, width)) + 4;
    const label = tickLabel(time, ticks.step);
    if (left + context.measureText(label).width < width) {
      context.fillText(label, left, AXIS / 2);
    }
  }
}

/** A name stands right of the bar; where there is no room, at the right end. */
function drawName(
  context: CanvasRenderingContext2D,
  name: string,
  middle: number,
  end: number,
  width: number,
  color: (name: string) => string
): void {
  const line = fitted(context, name.split('\n', 1)[0], width * LONGEST_NAME);
  const length = context.measureText(line).width;
  const left = Math.max(4, Math.min(end + 4, width - length - 4));
  if (end < left) {
    context.fillStyle = color('--jp-ui-font-color1');
    context.fillText(line, left, middle);
    return;
  }
  // On a plate, to be read above any colour.
  context.fillStyle = color('--jp-layout-color1');
  context.globalAlpha = 0.85;
  context.fillRect(left - 3, middle - BAR / 2 + 1, length + 6, BAR - 2);
  context.globalAlpha = 1;
  context.fillStyle = color('--jp-ui-font-color1');
  context.fillText(line, left, middle);
}

/** As much of a text as fits. */
function fitted(
  context: CanvasRenderingContext2D,
  text: string,
  width: number
): string {
  // All letters of a code font have the same width.
  const count = Math.floor(width / context.measureText('0').width);
  return text.length > count ? `${text.slice(0, count - 1)}…` : text;
}
