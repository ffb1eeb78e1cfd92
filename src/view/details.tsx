import type * as nbformat from '@jupyterlab/nbformat';
import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import type { TranslationBundle } from '@jupyterlab/translation';
import React, { useMemo } from 'react';

import type {
  IItemRange,
  IJob,
  IJobItems,
  IJobVariables,
  IOutputLog
} from '../model/job';
import { canLand, canRerun, hasEnded } from '../model/job';
import { EMPTY_LOG } from '../model/outputlog';
import { CopyButton } from './copybutton';
import { formatDuration } from './duration';
import { Outputs } from './outputs';
import { Items } from './items';
import type { Shortcuts } from './shortcuts';
import { withKeys } from './shortcuts';
import { isStuck } from './stuck';
import { visibleTail } from './tail';
import { TextButton } from './textbutton';
import { errorLine } from './traceback';
import { Variables } from './variables';

/**
 * What can be done from a job's details.
 */
export interface IJobDetailActions {
  goToCell(job: IJob): void;
  copyTraceback(job: IJob): void;
  saveOutput(job: IJob): void;
  rerun(job: IJob): void;
  remove(job: IJob): void;
  land(job: IJob): void;
  goToLine(job: IJob): void;
  /** What a job has assigned so far. */
  variables(job: IJob): Promise<IJobVariables>;
  /** Some of the items of a group. */
  items(job: IJob, part: IItemRange): Promise<IJobItems>;
}

/**
 * What a job has written, what went wrong, and the code it ran.
 */
export function JobDetails(props: {
  id: string;
  job: IJob;
  log: IOutputLog | undefined;
  /** How long it took the last time, in seconds. */
  previous?: number;
  actions: IJobDetailActions;
  rendermime: IRenderMimeRegistry;
  shortcuts: Shortcuts;
  trans: TranslationBundle;
}): JSX.Element {
  const { id, job, log, previous, rendermime, trans } = props;
  return (
    <div className="jp-Jobs-details" id={id}>
      <JobOutput job={job} log={log} rendermime={rendermime} trans={trans} />
      {job.error && (
        <Traceback error={job.error} rendermime={rendermime} trans={trans} />
      )}
      <JobFacts job={job} previous={previous} trans={trans} />
      {isStuck(job) && (
        <div className="jp-Jobs-note">
          {trans.__(
            'It is in a call that cannot be interrupted. Wait for it to return, or restart the kernel. In a process of its own (%job -p) it could be killed.'
          )}
        </div>
      )}
      {job.hasItems && job.state !== 'lost' && (
        <Items job={job} read={props.actions.items} trans={trans} />
      )}
      {canLand(job) && (
        <Variables job={job} read={props.actions.variables} trans={trans} />
      )}
      <details className="jp-Jobs-code">
        <summary>{trans.__('Code')}</summary>
        <pre>{job.code}</pre>
      </details>
      <JobActions {...props} />
    </div>
  );
}

/**
 * What can be done with a job.
 */
function JobActions(props: {
  job: IJob;
  log: IOutputLog | undefined;
  actions: IJobDetailActions;
  shortcuts: Shortcuts;
  trans: TranslationBundle;
}): JSX.Element {
  const { job, log, actions, shortcuts, trans } = props;
  return (
    <div className="jp-Jobs-actions">
      {canRerun(job) && (
        <TextButton
          label={trans.__('Run again')}
          title={withKeys(
            trans.__('Run its cell again, as it is now'),
            shortcuts.rerun
          )}
          onClick={() => actions.rerun(job)}
        />
      )}
      {job.cellId !== null && (
        <TextButton
          label={trans.__('Go to cell')}
          title={withKeys(
            trans.__('Show the cell that started it'),
            shortcuts.goToCell
          )}
          onClick={() => actions.goToCell(job)}
        />
      )}
      {job.error && errorLine(job.error) && (
        <TextButton
          label={trans.__('Go to line')}
          title={trans.__(
            'Show the line of the notebook that raised the error'
          )}
          onClick={() => actions.goToLine(job)}
        />
      )}
      {job.error && (
        <CopyButton
          label={trans.__('Copy traceback')}
          trans={trans}
          onCopy={() => actions.copyTraceback(job)}
        />
      )}
      {log && (
        <TextButton
          label={trans.__('Save output…')}
          onClick={() => actions.saveOutput(job)}
        />
      )}
      {canLand(job) && (
        <TextButton
          label={trans.__('Land variables')}
          title={trans.__(
            'Make what it has assigned so far the notebook’s variables'
          )}
          onClick={() => actions.land(job)}
        />
      )}
      {hasEnded(job.state) && (
        <TextButton
          label={trans.__('Remove')}
          title={withKeys(
            trans.__('Remove it from the list'),
            shortcuts.remove
          )}
          onClick={() => actions.remove(job)}
        />
      )}
    </div>
  );
}

function JobOutput(props: {
  job: IJob;
  log: IOutputLog | undefined;
  rendermime: IRenderMimeRegistry;
  trans: TranslationBundle;
}): JSX.Element | null {
  const { job, log, rendermime, trans } = props;
  const hasTraceback = job.error !== null;
  const { outputs, isCut } = useMemo(() => {
    const tail = visibleTail(log ?? EMPTY_LOG);
    // The traceback has a place of its own.
    const isShown = (output: nbformat.IOutput) =>
      !(hasTraceback && output.output_type === 'error');
    return { ...tail, outputs: tail.outputs.filter(isShown) };
  }, [log, hasTraceback]);
  const isRunning = !hasEnded(job.state);
  if (outputs.length === 0) {
    return hasTraceback ? null : (
      <div className="jp-Jobs-note">
        {isRunning
          ? trans.__('It has written nothing yet.')
          : trans.__('It wrote nothing.')}
      </div>
    );
  }
  return (
    <>
      {isCut && (
        <div className="jp-Jobs-note">
          {trans.__('Earlier output is not shown here.')}
        </div>
      )}
      <Outputs
        className="jp-Jobs-output"
        outputs={outputs}
        rendermime={rendermime}
        startsAtEnd={isRunning}
        isLive={isRunning}
        trans={trans}
      />
    </>
  );
}

function Traceback(props: {
  error: NonNullable<IJob['error']>;
  rendermime: IRenderMimeRegistry;
  trans: TranslationBundle;
}): JSX.Element {
  const { error, rendermime, trans } = props;
  const outputs = useMemo(
    (): nbformat.IError[] => [
      {
        output_type: 'error',
        ename: error.ename,
        evalue: error.evalue,
        traceback: [...error.traceback]
      }
    ],
    [error]
  );
  return (
    <Outputs
      className="jp-Jobs-traceback"
      outputs={outputs}
      rendermime={rendermime}
      startsAtEnd={true}
      isLive={false}
      trans={trans}
    />
  );
}

/**
 * When the job was started, and what is worth knowing about its end.
 */
function JobFacts(props: {
  job: IJob;
  previous: number | undefined;
  trans: TranslationBundle;
}): JSX.Element | null {
  const { job, previous, trans } = props;
  const facts: string[] = [];
  if (job.started !== null) {
    facts.push(trans.__('Started %1', timeOfDay(job.started)));
  }
  if (job.state === 'stopping' && job.stoppingSince !== null) {
    facts.push(trans.__('stopping since %1', timeOfDay(job.stoppingSince)));
  } else if (job.state === 'lost') {
    facts.push(trans.__('its kernel has restarted or died'));
  } else if (job.ended !== null) {
    facts.push(trans.__('ended %1', timeOfDay(job.ended)));
  }
  if (previous !== undefined) {
    facts.push(
      trans.__('took %1 the last time', formatDuration(previous, trans))
    );
  }
  if (job.backend !== 'thread') {
    facts.push(trans.__('runs on: %1', job.place?.text ?? job.backend));
  }
  return facts.length ? (
    <div className="jp-Jobs-note">
      {facts.join(' · ')}
      {job.place?.url && (
        <>
          {' · '}
          <a href={job.place.url} target="_blank" rel="noopener noreferrer">
            {trans.__('Dashboard')}
          </a>
        </>
      )}
    </div>
  ) : null;
}

function timeOfDay(seconds: number): string {
  return new Date(seconds * 1000).toLocaleTimeString();
}
