import type { TranslationBundle } from '@jupyterlab/translation';
import React, { useId, useLayoutEffect, useRef } from 'react';

import type { IJob, IOutputLog, JobSection } from '../model/job';
import type { IKernelJobs } from '../tokens';
import { useListKeys } from './listkeys';
import type { IRevealedJob } from './reveal';
import type { IJobRowOptions } from './row';
import { JobRow } from './row';
import { SectionHeader } from './sectionheader';
import type { ISectionContent } from './sections';
import { useWindowedList } from './windowedlist';

/**
 * The properties of the list.
 */
export interface IJobListProps {
  contents: Readonly<Record<JobSection, ISectionContent>>;
  collapsed: ReadonlySet<JobSection>;
  expanded: ReadonlySet<string>;
  /** By the job's key, how long it took the last time, in seconds. */
  previous: ReadonlyMap<string, number>;
  /** A job to bring into view; it is listed. */
  revealed: IRevealedJob | null;
  /** The present state of a job that is listed. */
  jobOf: (kernel: IKernelJobs, key: string) => IJob;
  logOf: (kernel: IKernelJobs, key: string) => IOutputLog | undefined;
  optionsOf: (kernel: IKernelJobs) => IJobRowOptions;
  onToggleSection: (section: JobSection) => void;
  trans: TranslationBundle;
}

/**
 * The jobs in their sections. Of very many only those in sight are in the page.
 */
export function JobList(props: IJobListProps): JSX.Element {
  const { contents, collapsed, expanded, previous, revealed } = props;
  const content = useRef<HTMLDivElement>(null);
  const list = useWindowedList(contents, collapsed, content);
  const keys = useListKeys(list, content);
  const listId = useId();

  const fulfilled = useRef<IRevealedJob | null>(null);
  useLayoutEffect(() => {
    // Once for each wish: again it would take the focus away from where the user works by then.
    const isListed = revealed && list.indexOf(revealed.key) !== undefined;
    if (isListed && revealed !== fulfilled.current) {
      fulfilled.current = revealed;
      keys.focus(revealed.key);
    }
  });

  return (
    <div className="jp-Jobs-content" ref={content} {...keys.handlers}>
      {list.sections.map(({ section, count, index, rows, size, ...rest }) => (
        <section
          key={section}
          className="jp-Jobs-section"
          data-section={section}
        >
          <SectionHeader
            section={section}
            count={count}
            index={index}
            isCollapsed={collapsed.has(section)}
            isTabStop={keys.tabStop === section}
            listId={`${listId}${section}`}
            measure={list.measure}
            onToggle={props.onToggleSection}
            trans={props.trans}
          />
          {size > 0 && (
            <ul
              className="jp-Jobs-list"
              id={`${listId}${section}`}
              style={{ paddingBlock: `${rest.above}px ${rest.below}px` }}
            >
              {rows.map(({ index: at, row }) =>
                row.kind === 'job' ? (
                  <JobRow
                    key={row.key}
                    job={props.jobOf(row.kernel, row.key)}
                    log={props.logOf(row.kernel, row.key)}
                    isExpanded={expanded.has(row.key)}
                    isTabStop={keys.tabStop === row.key}
                    previous={previous.get(row.key)}
                    index={at}
                    position={at - index}
                    setSize={size}
                    measure={list.measure}
                    options={props.optionsOf(row.kernel)}
                  />
                ) : (
                  <li
                    key={row.key}
                    className="jp-Jobs-notebook"
                    data-index={at}
                    ref={list.measure}
                  >
                    <bdi title={row.name}>{row.name}</bdi>
                    <span className="jp-Jobs-count">{row.count}</span>
                  </li>
                )
              )}
            </ul>
          )}
        </section>
      ))}
    </div>
  );
}
