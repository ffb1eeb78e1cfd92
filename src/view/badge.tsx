import type { TranslationBundle } from '@jupyterlab/translation';
import React from 'react';

import type { IJob } from '../model/job';
import { hasEnded } from '../model/job';
import type { IJobs } from '../tokens';
import type { BadgeSubject } from './badgejob';
import { useIsConnecting, useJob, useKernelOf } from './badgejob';
import type { Clock } from './clock';
import { JobTime } from './jobtime';
import { KillButton } from './killbutton';
import { ProgressBar } from './progressbar';
import { progressText } from './progresstext';
import type { JobRecord } from './record';
import { StartNowButton } from './startnowbutton';
import { StateIcon } from './stateicon';
import { isStuck, stuckText } from './stuck';
import { useTicks } from './ticks';
import { waitingText } from './waiting';

/**
 * What can be done from a badge.
 */
export interface IBadgeActions {
  kill(kernelId: string, record: JobRecord): void;
  startNow(kernelId: string, record: JobRecord): void;
  /** Show the job in the panel. */
  open(record: JobRecord): void;
}

/**
 * What all badges share.
 */
export interface IBadgeOptions {
  readonly actions: IBadgeActions;
  readonly clock: Clock;
  readonly trans: TranslationBundle;
}

/**
 * The badge of a recorded job: live while a kernel knows the job, and what the
 * notebook remembers of it where none does.
 */
export function LiveBadge(props: {
  jobs: IJobs;
  record: JobRecord;
  options: IBadgeOptions;
}): JSX.Element {
  const { jobs, record, options } = props;
  const kernel = useKernelOf(jobs, record);
  const job = useJob(kernel, record);
  const isConnecting = useIsConnecting(jobs);
  let subject: BadgeSubject;
  if (kernel && job) {
    subject = { kind: 'live', job, kernel };
  } else if (hasEnded(record.state)) {
    subject = { kind: 'ended', record };
  } else if (kernel || isConnecting) {
    subject = { kind: 'unknown', record };
  } else {
    subject = { kind: 'gone', record };
  }
  return <Badge subject={subject} options={options} />;
}

/**
 * A job, under the cell that started it.
 */
export function Badge(props: {
  subject: BadgeSubject;
  options: IBadgeOptions;
}): JSX.Element {
  const { subject, options } = props;
  const { actions, trans } = options;
  const job = subject.kind === 'live' ? subject.job : subject.record;
  const state = shownState(subject);
  const content = (
    <>
      {state !== 'unknown' && (
        <StateIcon job={{ ...job, state }} trans={trans} />
      )}
      <BadgeText subject={subject} options={options} />
    </>
  );
  return (
    <div className="jp-Jobs-badge" data-job-id={job.id} data-state={state}>
      {subject.kind === 'live' ? (
        <LiveLabel subject={subject} options={options}>
          {content}
        </LiveLabel>
      ) : (
        <span className="jp-Jobs-badgeLabel" title={job.name}>
          {content}
        </span>
      )}
      {subject.kind === 'live' && (
        <StartNowButton
          job={subject.job}
          trans={trans}
          onStart={() => actions.startNow(subject.kernel.kernelId, subject.job)}
        />
      )}
      {subject.kind === 'live' && (
        <KillButton
          id={job.id}
          state={job.state}
          trans={trans}
          onKill={() => actions.kill(subject.kernel.kernelId, job)}
        />
      )}
    </div>
  );
}

/**
 * The label of a job that the panel shows as well.
 */
function LiveLabel(props: {
  subject: BadgeSubject & { kind: 'live' };
  options: IBadgeOptions;
  children: React.ReactNode;
}): JSX.Element {
  const { subject, options, children } = props;
  const { actions, clock, trans } = options;
  const { job, kernel } = subject;
  useTicks(clock, isStuck(job));
  const title = [
    isStuck(job) && stuckText(job, () => kernel.now(), trans),
    trans.__('Show in the Jobs panel')
  ];
  return (
    <button
      type="button"
      className="jp-Jobs-badgeLabel"
      title={title.filter(Boolean).join('\n')}
      onClick={() => actions.open(job)}
    >
      {children}
    </button>
  );
}

function BadgeText(props: {
  subject: BadgeSubject;
  options: IBadgeOptions;
}): JSX.Element {
  const { subject, options } = props;
  const { clock, trans } = options;
  const job = subject.kind === 'live' ? subject.job : subject.record;
  const title = (
    <span className="jp-Jobs-badgeTitle">{trans.__('Job %1', job.id)}</span>
  );
  if (subject.kind === 'gone') {
    return (
      <>
        {title}
        <Separator />
        {trans.__('kernel is gone')}
      </>
    );
  }
  const now = () => (subject.kind === 'live' ? subject.kernel.now() : 0);
  const waiting = subject.kind === 'live' && waitingText(subject.job, trans);
  return (
    <>
      {title}
      <Separator />
      <bdi className="jp-Jobs-name">{job.name}</bdi>
      {subject.kind !== 'unknown' && (
        <>
          <Separator />
          {waiting ? (
            <bdi className="jp-Jobs-time">{waiting}</bdi>
          ) : (
            <JobTime
              job={job}
              isCompact={false}
              options={{ clock, now, trans }}
            />
          )}
        </>
      )}
      {subject.kind === 'live' && (
        <LiveProgress job={subject.job} trans={trans} />
      )}
    </>
  );
}

/**
 * How far a job is that runs, or why it never will.
 */
function LiveProgress(props: {
  job: IJob;
  trans: TranslationBundle;
}): JSX.Element | null {
  const { job, trans } = props;
  if (job.killReason !== null) {
    return (
      <>
        <Separator />
        <bdi className="jp-Jobs-badgeReason">{job.killReason}</bdi>
      </>
    );
  }
  if (!job.progress || hasEnded(job.state)) {
    return null;
  }
  return (
    <>
      <Separator />
      <ProgressBar id={job.id} progress={job.progress} trans={trans} />
      <bdi className="jp-Jobs-time">{progressText(job.progress, trans)}</bdi>
    </>
  );
}

function Separator(): JSX.Element {
  return <span className="jp-Jobs-separator"> · </span>;
}

/**
 * A record that had not ended says nothing about the present.
 */
function shownState(subject: BadgeSubject): JobRecord['state'] | 'unknown' {
  switch (subject.kind) {
    case 'live':
      return subject.job.state;
    case 'ended':
      return subject.record.state;
    case 'unknown':
      return 'unknown';
    case 'gone':
      return 'lost';
  }
}
