import type { TranslationBundle } from '@jupyterlab/translation';
import { caretDownIcon, caretRightIcon } from '@jupyterlab/ui-components';
import React, { useId, useState } from 'react';

import type { IJob, IOutputLog, JobSection } from '../model/job';
import type { IJobRowOptions } from './row';
import { JobRow } from './row';

/** How many rows a section shows at first, and adds at a time. */
export const PAGE_SIZE = 200;

/**
 * The jobs of one kind; nothing if there are none.
 */
export function Section(props: {
  section: JobSection;
  jobs: readonly IJob[];
  outputs: ReadonlyMap<string, IOutputLog>;
  expanded: ReadonlySet<string>;
  /** By the job's key, how long it took the last time, in seconds. */
  previous: ReadonlyMap<string, number>;
  isCollapsed: boolean;
  /** The key of a job that is shown, however many are before it. */
  revealed: string | null;
  onToggle: (section: JobSection) => void;
  options: IJobRowOptions;
}): JSX.Element | null {
  const { section, jobs, isCollapsed, revealed, options } = props;
  const { trans } = options;
  const listId = useId();
  const [limit, setLimit] = useState(PAGE_SIZE);
  if (jobs.length === 0) {
    return null;
  }

  const revealedIndex = revealed
    ? jobs.findIndex(job => job.key === revealed)
    : -1;
  const shown = Math.max(limit, revealedIndex + 1);
  const hidden = jobs.length - shown;
  const caret = isCollapsed ? caretRightIcon : caretDownIcon;
  return (
    <section className="jp-Jobs-section" data-section={section}>
      <h3 className="jp-Jobs-sectionTitle">
        <button
          type="button"
          className="jp-Jobs-sectionHeader"
          aria-expanded={!isCollapsed}
          aria-controls={isCollapsed ? undefined : listId}
          onClick={() => props.onToggle(section)}
        >
          <caret.react tag="span" className="jp-Jobs-caret" />
          {sectionLabel(section, trans)}
          <span className="jp-Jobs-count">{jobs.length}</span>
        </button>
      </h3>
      {!isCollapsed && (
        <ul className="jp-Jobs-list" id={listId}>
          {jobs.slice(0, shown).map(job => (
            <JobRow
              key={job.key}
              job={job}
              log={props.outputs.get(job.key)}
              isExpanded={props.expanded.has(job.key)}
              previous={props.previous.get(job.key)}
              options={options}
            />
          ))}
        </ul>
      )}
      {!isCollapsed && hidden > 0 && (
        <button
          type="button"
          className="jp-Jobs-textButton jp-Jobs-more"
          onClick={() => setLimit(shown + PAGE_SIZE)}
        >
          {trans._n('Show %1 more job', 'Show %1 more jobs', hidden)}
        </button>
      )}
    </section>
  );
}

function sectionLabel(section: JobSection, trans: TranslationBundle): string {
  switch (section) {
    case 'running':
      return trans.__('Running');
    case 'finished':
      return trans.__('Finished');
    case 'failed':
      return trans.__('Failed');
  }
}
