import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import type { TranslationBundle } from '@jupyterlab/translation';
import { cleaningIcon, stopIcon } from '@jupyterlab/ui-components';
import React, { useEffect, useMemo, useState } from 'react';

import type { IJob, JobSection } from '../model/job';
import { sectionOf } from '../model/job';
import type { IJobsState, IKernelJobs } from '../tokens';
import { useArranged } from './arranged';
import type { Clock } from './clock';
import { countJobs } from './counts';
import type { IJobDetailActions } from './details';
import { matchesFilter, matchingJobs } from './filter';
import { IconButton } from './iconbutton';
import { listIcon, timelineIcon } from './icons';
import { JobList } from './joblist';
import { useKernelStates } from './kernelstate';
import type { Scope } from './listtools';
import { ListTools } from './listtools';
import { FirstSteps, Placeholder } from './placeholder';
import { previousDurations } from './previous';
import type { IRevealedJob } from './reveal';
import { useReveal } from './reveal';
import type { IJobRowOptions } from './row';
import { groupBySection, SECTIONS } from './sections';
import type { Shortcuts } from './shortcuts';
import type { SortOrder } from './sorting';
import { Timeline } from './timeline/timeline';
import { useToggleSet } from './toggleset';

/**
 * What can be done from the panel.
 */
export interface IPanelActions extends IJobDetailActions {
  kill(job: IJob): void;
  startNow(job: IJob): void;
  killAll(scope: Scope): void;
  clear(scope: Scope): void;
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
 * A kernel and the name of its notebook.
 */
export interface INotebookJobs {
  readonly kernel: IKernelJobs;
  readonly name: string;
}

/**
 * The properties of the panel's content.
 */
export interface IPanelViewProps {
  subject: PanelSubject;
  /** All kernels that are followed, that of the notebook in front included. */
  notebooks: readonly INotebookJobs[];
  isVisible: boolean;
  revealed: IRevealedJob | null;
  shortcuts: Shortcuts;
  actions: IPanelActions;
  clock: Clock;
  rendermime: IRenderMimeRegistry;
  trans: TranslationBundle;
}

/**
 * The content of the panel: the one component that knows the model.
 */
export function PanelView(props: IPanelViewProps): JSX.Element {
  const { subject, notebooks, isVisible, actions, trans } = props;
  const kernel = subject.kind === 'kernel' ? subject.kernel : null;
  const [wantedScope, setScope] = useState<Scope>('this');
  const hasOthers = useHasOtherJobs(notebooks, kernel, isVisible);
  const scope = hasOthers ? wantedScope : 'this';

  const listed = useMemo(
    () =>
      scope === 'all'
        ? notebooks
        : kernel
          ? [{ kernel, name: '' }]
          : NO_NOTEBOOKS,
    [scope, notebooks, kernel]
  );
  const kernels = useMemo(() => listed.map(one => one.kernel), [listed]);
  const states = useKernelStates(kernels, isVisible);
  const jobs = states.map(state => state.jobs);
  const arranged = useArranged(jobs);

  const [query, setQuery] = useState('');
  const [order, setOrder] = useState<SortOrder>('newest');
  const matching = useMemo(
    () =>
      arranged.map((one, index) => ({
        ...listed[index],
        jobs: matchingJobs(one.values(), query)
      })),
    [arranged, listed, query]
  );
  const contents = useMemo(
    () => groupBySection(matching, order),
    [matching, order]
  );
  const previous = useMemo(
    () => previousDurations(arranged.flatMap(one => [...one.values()])),
    [arranged]
  );
  const [expanded, toggleExpanded] = useToggleSet<string>();
  const [collapsed, toggleCollapsed] = useToggleSet<JobSection>();

  const here = states[kernel ? kernels.indexOf(kernel) : -1] as
    IJobsState | undefined;
  const [isTimeline, setTimeline] = useState(false);
  const [wish, setWish] = useState(props.revealed);
  useEffect(() => setWish(props.revealed), [props.revealed]);
  const find = (key: string) => jobs.find(one => one.has(key))?.get(key);
  const revealed = useReveal(wish, find, isVisible, job => {
    setTimeline(false);
    toggleExpanded(job.key, true);
    toggleCollapsed(sectionOf(job.state), false);
    if (!matchesFilter(job, query)) {
      setQuery('');
    }
  });

  const running = useMemo(
    () => countJobs(arranged.map(one => one.values())).running,
    [arranged]
  );
  const ended = jobs.reduce((sum, one) => sum + one.size, -running);
  const optionsOf = useRowOptions(props, toggleExpanded);
  const stateOf = useMemo(
    () => new Map(kernels.map((one, index) => [one, states[index]])),
    [kernels, states]
  );
  return (
    <>
      <PanelHeader
        running={running}
        ended={ended}
        scope={scope}
        isTimeline={isTimeline}
        actions={actions}
        trans={trans}
        onTimeline={setTimeline}
      />
      {(running + ended > 0 || hasOthers) && (
        <ListTools
          query={query}
          order={isTimeline ? null : order}
          scope={hasOthers ? scope : null}
          trans={trans}
          onQuery={setQuery}
          onOrder={setOrder}
          onScope={setScope}
        />
      )}
      <Status
        subject={scope === 'all' ? null : subject}
        state={here ?? null}
        isEmpty={running + ended === 0}
        trans={trans}
      />
      {running + ended > 0 &&
        SECTIONS.every(section => contents[section].count === 0) && (
          <Placeholder
            title={trans.__('No such jobs')}
            text={trans.__('No job matches “%1”.', query.trim())}
          />
        )}
      {isTimeline ? (
        <Timeline
          kernels={matching}
          clock={props.clock}
          trans={trans}
          onOpen={job => setWish({ key: job.key })}
        />
      ) : (
        <JobList
          contents={contents}
          collapsed={collapsed}
          expanded={expanded}
          previous={previous}
          revealed={revealed}
          // What is listed has been arranged, and the present jobs are the same.
          jobOf={(one, key) => stateOf.get(one)!.jobs.get(key)!}
          logOf={(one, key) => stateOf.get(one)!.outputs.get(key)}
          optionsOf={optionsOf}
          onToggleSection={toggleCollapsed}
          trans={trans}
        />
      )}
    </>
  );
}

const NO_NOTEBOOKS: readonly INotebookJobs[] = [];

/**
 * Whether there are jobs in another kernel than the one in front.
 */
function useHasOtherJobs(
  notebooks: readonly INotebookJobs[],
  kernel: IKernelJobs | null,
  isVisible: boolean
): boolean {
  const others = useMemo(
    () => notebooks.map(one => one.kernel).filter(one => one !== kernel),
    [notebooks, kernel]
  );
  return useKernelStates(others, isVisible).some(({ jobs }) => jobs.size > 0);
}

/**
 * What the rows of a kernel share: the same object for each of them, or all would be
 * drawn at every change.
 */
function useRowOptions(
  { actions, clock, rendermime, shortcuts, trans }: IPanelViewProps,
  toggle: (key: string) => void
): (kernel: IKernelJobs) => IJobRowOptions {
  return useMemo(() => {
    const shared = {
      actions: { ...actions, toggle: (job: IJob) => toggle(job.key) },
      clock,
      rendermime,
      shortcuts,
      trans
    };
    const made = new WeakMap<IKernelJobs, IJobRowOptions>();
    return kernel => {
      const options = made.get(kernel) ?? {
        ...shared,
        now: () => kernel.now()
      };
      made.set(kernel, options);
      return options;
    };
  }, [actions, clock, rendermime, shortcuts, trans, toggle]);
}

function PanelHeader(props: {
  running: number;
  ended: number;
  scope: Scope;
  isTimeline: boolean;
  actions: IPanelActions;
  trans: TranslationBundle;
  onTimeline: (isTimeline: boolean) => void;
}): JSX.Element {
  const { running, ended, scope, isTimeline, actions, trans } = props;
  return (
    <div className="jp-SidePanel-header jp-Jobs-header">
      <h2>{trans.__('Jobs')}</h2>
      {running > 0 && (
        <span className="jp-Jobs-runningCount">
          {trans._n('%1 running', '%1 running', running)}
        </span>
      )}
      <IconButton
        icon={isTimeline ? listIcon : timelineIcon}
        label={isTimeline ? trans.__('Show list') : trans.__('Show timeline')}
        disabled={running + ended === 0 && !isTimeline}
        onClick={() => props.onTimeline(!isTimeline)}
      />
      <IconButton
        icon={stopIcon}
        label={trans.__('Kill all jobs')}
        disabled={running === 0}
        onClick={() => actions.killAll(scope)}
      />
      <IconButton
        icon={cleaningIcon}
        label={trans.__('Clear ended jobs')}
        title={trans.__('Remove all jobs that have ended from the list')}
        disabled={ended === 0}
        onClick={() => actions.clear(scope)}
      />
    </div>
  );
}

/**
 * What there is to say besides the jobs.
 */
function Status(props: {
  /** Null where it does not matter which notebook is in front. */
  subject: PanelSubject | null;
  state: IJobsState | null;
  isEmpty: boolean;
  trans: TranslationBundle;
}): JSX.Element | null {
  const { subject, state, isEmpty, trans } = props;
  if (subject === null) {
    return null;
  }
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
