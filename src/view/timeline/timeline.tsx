import type { TranslationBundle } from '@jupyterlab/translation';
import React, { useEffect, useMemo, useRef, useState } from 'react';

import type { IJob } from '../../model/job';
import { hasEnded } from '../../model/job';
import type { Clock } from '../clock';
import { jobDuration } from '../duration';
import type { IListedKernel } from '../sections';
import { stateText } from '../statetext';
import { TextButton } from '../textbutton';
import { useTicks } from '../ticks';
import type { ITimelineJob } from './drawing';
import { AXIS, drawTimeline, LANE } from './drawing';
import { moved, zoomed } from './scale';
import type { ITimeRange } from './spans';
import { timeRange } from './spans';
import { TimelineTable } from './table';

/** How much closer or farther a step of the zoom looks. */
const ZOOM = 1.5;

/** The part of the whole time from which on zooming out shows all of it. */
const NEARLY_ALL = 0.9;

/** The part of what is seen by which a key moves it. */
const MOVE = 0.2;

/**
 * The properties of the timeline.
 */
export interface ITimelineProps {
  kernels: readonly IListedKernel[];
  clock: Clock;
  trans: TranslationBundle;
  /** Show a job in the list. */
  onOpen: (job: IJob) => void;
}

/**
 * One lane for each job over time.
 */
export function Timeline(props: ITimelineProps): JSX.Element {
  const { kernels, clock, trans } = props;
  const jobs = useMemo(() => lanesOf(kernels), [kernels]);
  const [isTable, setTable] = useState(false);
  const isAlive = useMemo(
    () => jobs.some(({ job }) => !hasEnded(job.state)),
    [jobs]
  );
  useTicks(clock, isAlive);

  /** Null for everything, whatever comes. */
  const [chosen, setRange] = useState<ITimeRange | null>(null);
  const whole = timeRange(jobs.map(({ job, now }) => ({ job, now: now() })));
  const range = chosen ?? whole;
  const zoom = (factor: number, at = 0.5) => {
    if (range && whole) {
      const next = zoomed(range, factor, at, whole);
      // Nearly all is all: while a job runs, there is more at each moment.
      const isWhole =
        factor > 1 &&
        next.to - next.from >= NEARLY_ALL * (whole.to - whole.from);
      setRange(isWhole ? null : next);
    }
  };
  const move = (by: number) => {
    if (range && whole && chosen) {
      setRange(moved(range, by, whole));
    }
  };

  return (
    <div className="jp-Jobs-timeline">
      <div className="jp-Jobs-timelineTools">
        <TextButton
          label={
            isTable ? trans.__('Show as chart') : trans.__('Show as table')
          }
          onClick={() => setTable(!isTable)}
        />
        {!isTable && (
          <>
            <TextButton
              label="+"
              title={trans.__('Zoom in')}
              onClick={() => zoom(1 / ZOOM)}
            />
            <TextButton
              label="−"
              title={trans.__('Zoom out')}
              isDisabled={chosen === null}
              onClick={() => zoom(ZOOM)}
            />
            <TextButton
              label={trans.__('All')}
              title={trans.__('Show the whole time')}
              isDisabled={chosen === null}
              onClick={() => setRange(null)}
            />
          </>
        )}
      </div>
      {isTable ? (
        <TimelineTable jobs={jobs} trans={trans} onOpen={props.onOpen} />
      ) : (
        range && (
          <TimelineChart
            {...props}
            jobs={jobs}
            range={range}
            onZoom={zoom}
            onMove={move}
          />
        )
      )}
    </div>
  );
}

/**
 * The jobs of all kernels, the newest first.
 */
function lanesOf(kernels: readonly IListedKernel[]): readonly ITimelineJob[] {
  return kernels
    .flatMap(({ kernel, jobs }) =>
      jobs.map(job => ({ job, now: () => kernel.now() }))
    )
    .sort((a, b) => b.job.submitted - a.job.submitted);
}

function TimelineChart(
  props: ITimelineProps & {
    jobs: readonly ITimelineJob[];
    range: ITimeRange;
    onZoom: (factor: number, at?: number) => void;
    onMove: (by: number) => void;
  }
): JSX.Element {
  const { jobs, range, trans, onZoom, onMove } = props;
  const canvas = useRef<HTMLCanvasElement>(null);
  const scroller = useRef<HTMLDivElement>(null);
  const [marked, setMarked] = useState(-1);

  const draw = useRef(() => undefined as void);
  draw.current = () => {
    if (canvas.current && scroller.current) {
      const { scrollTop } = scroller.current;
      drawTimeline(canvas.current, { jobs, range, scrollTop, marked });
    }
  };
  useEffect(() => draw.current());
  useEffect(() => onRestyle(scroller.current!, () => draw.current()), []);

  // React listens to the wheel passively: it could not keep the page from zooming.
  const onWheel = useRef((_: WheelEvent) => undefined as void);
  onWheel.current = event => {
    const { left, width } = canvas.current!.getBoundingClientRect();
    if (event.ctrlKey || event.metaKey) {
      event.preventDefault();
      onZoom(
        event.deltaY < 0 ? 1 / ZOOM : ZOOM,
        (event.clientX - left) / width
      );
    } else if (event.deltaX !== 0) {
      event.preventDefault();
      onMove(event.deltaX / width);
    }
  };
  useEffect(() => {
    const node = scroller.current!;
    const listener = (event: WheelEvent) => onWheel.current(event);
    node.addEventListener('wheel', listener, { passive: false });
    return () => node.removeEventListener('wheel', listener);
  }, []);

  const indexAt = (clientY: number): number => {
    const node = scroller.current!;
    const top = clientY - node.getBoundingClientRect().top;
    const index = Math.floor((top - AXIS + node.scrollTop) / LANE);
    return top < AXIS || index >= jobs.length ? -1 : index;
  };
  const mark = (index: number) => {
    const next = Math.min(Math.max(index, 0), jobs.length - 1);
    setMarked(next);
    const node = scroller.current!;
    const top = next * LANE;
    const bottom = top + LANE + AXIS - node.clientHeight;
    node.scrollTop = Math.max(bottom, Math.min(node.scrollTop, top));
  };
  const onKeyDown = (event: React.KeyboardEvent) => {
    const actions: Record<string, () => void> = {
      ArrowDown: () => mark(marked + 1),
      ArrowUp: () => mark(marked - 1),
      Home: () => mark(0),
      End: () => mark(jobs.length - 1),
      ArrowLeft: () => onMove(-MOVE),
      ArrowRight: () => onMove(MOVE),
      '+': () => onZoom(1 / ZOOM),
      '-': () => onZoom(ZOOM),
      Enter: () => jobs[marked] && props.onOpen(jobs[marked].job)
    };
    const action = actions[event.key];
    if (action && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      event.stopPropagation();
      action();
    }
  };

  const { job, now } = jobs[marked] ?? { job: null, now: null };
  const text = job
    ? [
        job.name,
        stateText(job, trans),
        jobDuration(job, !hasEnded(job.state), now, trans)
      ]
        .filter(Boolean)
        .join(' · ')
    : '';
  return (
    <>
      <div className="jp-Jobs-timelineView">
        <canvas ref={canvas} className="jp-Jobs-timelineChart" />
        <div
          className="jp-Jobs-timelineScroller"
          ref={scroller}
          tabIndex={0}
          role="application"
          aria-label={trans.__(
            'Timeline: the arrow keys choose a job, plus and minus zoom, Enter opens'
          )}
          onScroll={() => draw.current()}
          onKeyDown={onKeyDown}
          onMouseMove={event => setMarked(indexAt(event.clientY))}
          onMouseLeave={() => setMarked(-1)}
          onClick={event => {
            const index = indexAt(event.clientY);
            if (index >= 0) {
              props.onOpen(jobs[index].job);
            }
          }}
        >
          <div style={{ height: AXIS + jobs.length * LANE }} />
        </div>
      </div>
      <div className="jp-Jobs-timelineStatus" role="status">
        {text}
      </div>
    </>
  );
}

/**
 * Call back when what a canvas depends on has changed without React: its size, and the
 * theme, whose colours it has drawn with.
 *
 * @returns what ends it.
 */
function onRestyle(node: HTMLElement, callback: () => void): () => void {
  const sizes = new ResizeObserver(callback);
  sizes.observe(node);
  const themes = new MutationObserver(callback);
  themes.observe(document.body, {
    attributeFilter: ['data-jp-theme-name']
  });
  return () => {
    sizes.disconnect();
    themes.disconnect();
  };
}
