import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import React, { memo, useId, useMemo } from 'react';

import type { IJob, IOutputLog } from '../model/job';
import { hasEnded } from '../model/job';
import type { IJobDetailActions } from './details';
import { JobDetails } from './details';
import type { IJobTimeOptions } from './jobtime';
import { JobTime } from './jobtime';
import { KillButton } from './killbutton';
import { lastLine } from './lastline';
import { ProgressBar } from './progressbar';
import type { Shortcuts } from './shortcuts';
import { StartNowButton } from './startnowbutton';
import { StateIcon } from './stateicon';
import { isStuck, StuckLine } from './stuck';

/**
 * What can be done from a row.
 */
export interface IJobRowActions extends IJobDetailActions {
  kill(job: IJob): void;
  startNow(job: IJob): void;
  /** Open or close the details. */
  toggle(job: IJob): void;
}

/**
 * What all rows share.
 */
export interface IJobRowOptions extends IJobTimeOptions {
  readonly actions: IJobRowActions;
  readonly rendermime: IRenderMimeRegistry;
  readonly shortcuts: Shortcuts;
}

/**
 * The properties of a row. All of them keep their identity as long as nothing
 * has changed for this row: with a thousand rows only the busy ones are drawn.
 */
export interface IJobRowProps {
  job: IJob;
  log: IOutputLog | undefined;
  isExpanded: boolean;
  /** Whether the tabulator key reaches this row. */
  isTabStop: boolean;
  /** Its place in the list. */
  index: number;
  /** Its place in its section, from 1, of so many. */
  position: number;
  setSize: number;
  measure: (node: Element | null) => void;
  /** How long it took the last time, in seconds. */
  previous?: number;
  options: IJobRowOptions;
}

/**
 * A job in the panel.
 */
export const JobRow = memo(function JobRow(props: IJobRowProps): JSX.Element {
  const { job, log, isExpanded, previous, options } = props;
  const { actions, trans, rendermime, shortcuts } = options;
  const detailsId = useId();
  const tabIndex = props.isTabStop ? 0 : -1;
  const line = useMemo(() => lastLine(job, log, trans), [job, log, trans]);

  return (
    <li
      className="jp-Jobs-item"
      data-job-id={job.id}
      data-state={job.state}
      data-runtime={job.runtime}
      data-index={props.index}
      aria-posinset={props.position}
      aria-setsize={props.setSize}
      ref={props.measure}
    >
      <div className="jp-Jobs-itemHeader">
        <button
          type="button"
          className="jp-Jobs-summary"
          aria-expanded={isExpanded}
          aria-controls={isExpanded ? detailsId : undefined}
          tabIndex={tabIndex}
          onClick={() => actions.toggle(job)}
        >
          <StateIcon job={job} trans={trans} />
          <bdi className="jp-Jobs-name" title={job.name}>
            {job.name}
          </bdi>
          {job.backend !== 'thread' && (
            <bdi className="jp-Jobs-backend" title={job.place?.text}>
              {job.backend}
            </bdi>
          )}
          {job.executionCount !== null && (
            <span className="jp-Jobs-cell">[{job.executionCount}]</span>
          )}
          <JobTime
            job={job}
            isCompact={true}
            previous={previous}
            options={options}
          />
          {isStuck(job) ? (
            <StuckLine job={job} options={options} />
          ) : (
            line && (
              <bdi className="jp-Jobs-line" title={line}>
                {line}
              </bdi>
            )
          )}
          {job.progress && !hasEnded(job.state) && (
            <ProgressBar id={job.id} progress={job.progress} trans={trans} />
          )}
        </button>
        <StartNowButton
          job={job}
          tabIndex={tabIndex}
          trans={trans}
          onStart={() => actions.startNow(job)}
        />
        <KillButton
          id={job.id}
          state={job.state}
          tabIndex={tabIndex}
          keys={shortcuts.kill}
          trans={trans}
          onKill={() => actions.kill(job)}
        />
      </div>
      {isExpanded && (
        <JobDetails
          id={detailsId}
          job={job}
          log={log}
          previous={previous}
          actions={actions}
          rendermime={rendermime}
          shortcuts={shortcuts}
          trans={trans}
        />
      )}
    </li>
  );
});
