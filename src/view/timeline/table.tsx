import { useVirtualizer } from '@tanstack/react-virtual';
import type { TranslationBundle } from '@jupyterlab/translation';
import React, { useRef } from 'react';

import type { IJob } from '../../model/job';
import { formatDuration } from '../duration';
import { stateText } from '../statetext';
import type { ITimelineJob } from './drawing';
import { spansOf } from './spans';

/** The height of a row, in pixels. */
const ROW = 24;

/**
 * What the chart shows, in words and numbers.
 */
export function TimelineTable(props: {
  jobs: readonly ITimelineJob[];
  trans: TranslationBundle;
  onOpen: (job: IJob) => void;
}): JSX.Element {
  const { jobs, trans } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const rows = useVirtualizer({
    count: jobs.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW,
    overscan: 10
  });
  const drawn = rows.getVirtualItems();
  const above = drawn.length > 0 ? drawn[0].start : 0;
  const below =
    drawn.length > 0 ? rows.getTotalSize() - drawn[drawn.length - 1].end : 0;
  return (
    <div className="jp-Jobs-timelineTable" ref={scroller} tabIndex={0}>
      <table aria-rowcount={jobs.length + 1}>
        <thead>
          <tr aria-rowindex={1}>
            <th scope="col">{trans.__('Job')}</th>
            <th scope="col">{trans.__('State')}</th>
            <th scope="col">{trans.__('Ran')}</th>
            <th scope="col">{trans.__('Waited')}</th>
            <th scope="col">{trans.__('Stopping')}</th>
            <th scope="col">{trans.__('Submitted')}</th>
          </tr>
        </thead>
        <tbody>
          <Gap height={above} />
          {drawn.map(({ index }) => {
            const { job, now } = jobs[index];
            const spans = spansOf(job, now());
            const time = (isMeant: (kind: string) => boolean) => {
              const meant = spans.filter(span => isMeant(span.kind));
              return meant.length > 0
                ? formatDuration(
                    meant.reduce((sum, { from, to }) => sum + to - from, 0),
                    trans
                  )
                : '';
            };
            return (
              <tr key={job.key} aria-rowindex={index + 2}>
                <th scope="row">
                  <button
                    type="button"
                    title={job.name}
                    onClick={() => props.onOpen(job)}
                  >
                    <bdi>{job.name}</bdi>
                  </button>
                </th>
                <td>{stateText(job, trans)}</td>
                <td>
                  {time(kind => kind !== 'queued' && kind !== 'stopping')}
                </td>
                <td>{time(kind => kind === 'queued')}</td>
                <td>{time(kind => kind === 'stopping')}</td>
                <td>{new Date(job.submitted * 1000).toLocaleTimeString()}</td>
              </tr>
            );
          })}
          <Gap height={below} />
        </tbody>
      </table>
    </div>
  );
}

/** What stands for the rows that are not drawn. */
function Gap(props: { height: number }): JSX.Element | null {
  return props.height > 0 ? (
    <tr aria-hidden={true} style={{ height: props.height }} />
  ) : null;
}
