import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import type { TranslationBundle } from '@jupyterlab/translation';
import { cleaningIcon, stopIcon } from '@jupyterlab/ui-components';
import React, { useMemo, useState } from 'react';

import type { IJob, JobSection } from '../model/job';
import { sectionOf } from '../model/job';
import type { IJobsState, IKernelJobs } from '../tokens';
import type { Clock } from './clock';
import type { IJobDetailActions } from './details';
import { matchesFilter } from './filter';
import { FilterBox } from './filterbox';
import { IconButton } from './iconbutton';
import { useKernelState } from './kernelstate';
import { FirstSteps, Placeholder } from './placeholder';
import { previousDurations } from './previous';
import type { IRevealedJob } from './reveal';
import { useReveal } from './reveal';
import type { IJobRowOptions } from './row';
import { Section } from './section';
import { groupBySection, SECTIONS } from './sections';
import { useToggleSet } from './toggleset';

/**
 * What can be done from the panel.
 */
export interface IPanelActions extends IJobDetailActions {
  kill(job: IJob): void;
  startNow(job: IJob): void;
  killAll(): void;
  clear(): void;
}

/**
 * What the panel looks at: the notebook in front, or nothing.
 */
export type PanelSubject =
  | { readonly kind: 'no-notebook' }
  | { readonly kind: 'no-kernel' }
  | { readonly kind: 'connecting' }
  | { readonly kind: 'kernel'; readonly kernel: IKernelJobs };

/**
 * The properties of the panel's content.
 */
export interface IPanelViewProps {
  subject: PanelSubject;
  isVisible: boolean;
  revealed: IRevealedJob | null;
  actions: IPanelActions;
  clock: Clock;
  rendermime: IRenderMimeRegistry;
  trans: TranslationBundle;
}

/**
 * The content of the panel: the one component that knows the model.
 */
export function PanelView(props: IPanelViewProps): JSX.Element {
  const { subject, revealed, actions, clock, rendermime, trans } = props;
  const kernel = subject.kind === 'kernel' ? subject.kernel : null;
  const state = useKernelState(kernel, props.isVisible);
  const jobs = state?.jobs;
  const [query, setQuery] = useState('');
  const sections = useMemo(() => groupBySection(jobs?.values() ?? []), [jobs]);
  const shown = useMemo(
    () =>
      query === ''
        ? sections
        : groupBySection(
            [...(jobs?.values() ?? [])].filter(job => matchesFilter(job, query))
          ),
    [jobs, sections, query]
  );

  const previous = useMemo(
    () => previousDurations(jobs?.values() ?? []),
    [jobs]
  );
  const [expanded, toggleExpanded] = useToggleSet<string>();
  const [collapsed, toggleCollapsed] = useToggleSet<JobSection>();

  const content = useReveal(revealed, jobs, props.isVisible, job => {
    toggleExpanded(job.key, true);
    toggleCollapsed(sectionOf(job.state), false);
    if (!matchesFilter(job, query)) {
      setQuery('');
    }
  });

  const options = useMemo(
    (): IJobRowOptions => ({
      actions: { ...actions, toggle: job => toggleExpanded(job.key) },
      clock,
      now: () => kernel?.now() ?? 0,
      rendermime,
      trans
    }),
    [actions, toggleExpanded, clock, kernel, rendermime, trans]
  );

  const running = sections.running.length;
  const ended = sections.finished.length + sections.failed.length;
  return (
    <>
      <PanelHeader
        running={running}
        ended={ended}
        actions={actions}
        trans={trans}
      />
      {running + ended > 0 && (
        <FilterBox query={query} trans={trans} onChange={setQuery} />
      )}
      <div className="jp-Jobs-content" ref={content}>
        <Status
          subject={subject}
          state={state}
          isEmpty={running + ended === 0}
          trans={trans}
        />
        {running + ended > 0 &&
          SECTIONS.every(section => shown[section].length === 0) && (
            <Placeholder
              title={trans.__('No such jobs')}
              text={trans.__('No job matches “%1”.', query.trim())}
            />
          )}
        {state &&
          SECTIONS.map(section => (
            <Section
              key={section}
              section={section}
              jobs={shown[section]}
              outputs={state.outputs}
              expanded={expanded}
              previous={previous}
              isCollapsed={collapsed.has(section)}
              revealed={revealed?.key ?? null}
              onToggle={toggleCollapsed}
              options={options}
            />
          ))}
      </div>
    </>
  );
}

function PanelHeader(props: {
  running: number;
  ended: number;
  actions: IPanelActions;
  trans: TranslationBundle;
}): JSX.Element {
  const { running, ended, actions, trans } = props;
  return (
    <div className="jp-SidePanel-header jp-Jobs-header">
      <h2>{trans.__('Jobs')}</h2>
      {running > 0 && (
        <span className="jp-Jobs-runningCount">
          {trans._n('%1 running', '%1 running', running)}
        </span>
      )}
      <IconButton
        icon={stopIcon}
        label={trans.__('Kill all jobs')}
        disabled={running === 0}
        onClick={actions.killAll}
      />
      <IconButton
        icon={cleaningIcon}
        label={trans.__('Clear ended jobs')}
        title={trans.__('Remove all jobs that have ended from the list')}
        disabled={ended === 0}
        onClick={actions.clear}
      />
    </div>
  );
}

/**
 * What there is to say besides the jobs.
 */
function Status(props: {
  subject: PanelSubject;
  state: IJobsState | null;
  isEmpty: boolean;
  trans: TranslationBundle;
}): JSX.Element | null {
  const { subject, state, isEmpty, trans } = props;
  if (subject.kind === 'no-notebook') {
    return (
      <Placeholder
        title={trans.__('No notebook open')}
        text={trans.__('Open a notebook to see its jobs.')}
      />
    );
  }
  if (subject.kind === 'no-kernel') {
    return (
      <Placeholder
        title={trans.__('No kernel')}
        text={trans.__('Jobs run in the notebook’s kernel: start one.')}
      />
    );
  }
  if (state?.status.kind === 'unavailable') {
    const { reason } = state.status;
    return isEmpty ? (
      <Placeholder title={trans.__('No jobs here')} text={reason} />
    ) : (
      <div className="jp-Jobs-notice">{reason}</div>
    );
  }
  if (!isEmpty) {
    return null;
  }
  return state?.status.kind === 'ready' ? (
    <FirstSteps trans={trans} />
  ) : (
    <Placeholder
      title={trans.__('Connecting…')}
      text={trans.__('The jobs appear as soon as the kernel answers.')}
    />
  );
}
