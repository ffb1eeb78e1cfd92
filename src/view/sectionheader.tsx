import type { TranslationBundle } from '@jupyterlab/translation';
import { caretDownIcon, caretRightIcon } from '@jupyterlab/ui-components';
import React from 'react';

import type { JobSection } from '../model/job';

/**
 * The title of a section, which opens and closes it.
 */
export function SectionHeader(props: {
  section: JobSection;
  /** How many jobs are in it. */
  count: number;
  /** Its place in the list. */
  index: number;
  isCollapsed: boolean;
  isTabStop: boolean;
  /** The id of the element that holds its rows. */
  listId: string;
  measure: (node: Element | null) => void;
  onToggle: (section: JobSection) => void;
  trans: TranslationBundle;
}): JSX.Element {
  const { section, isCollapsed, trans } = props;
  const caret = isCollapsed ? caretRightIcon : caretDownIcon;
  return (
    <h3
      className="jp-Jobs-sectionTitle"
      data-index={props.index}
      ref={props.measure}
    >
      <button
        type="button"
        className="jp-Jobs-sectionHeader"
        aria-expanded={!isCollapsed}
        aria-controls={isCollapsed ? undefined : props.listId}
        tabIndex={props.isTabStop ? 0 : -1}
        onClick={() => props.onToggle(section)}
      >
        <caret.react tag="span" className="jp-Jobs-caret" />
        {sectionLabel(section, trans)}
        <span className="jp-Jobs-count">{props.count}</span>
      </button>
    </h3>
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
