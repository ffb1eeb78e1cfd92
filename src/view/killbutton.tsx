import type { TranslationBundle } from '@jupyterlab/translation';
import { stopIcon } from '@jupyterlab/ui-components';
import React from 'react';

import type { JobState } from '../model/job';
import { hasEnded } from '../model/job';
import { IconButton } from './iconbutton';
import { withKeys } from './shortcuts';

/**
 * Kills one job; nothing where there is nothing left to kill. It stays usable
 * while the job is stopping: code that swallows a kill may need a second one.
 */
export function KillButton(props: {
  id: number;
  state: JobState;
  tabIndex?: number;
  /** What does the same, where the button is. */
  keys?: string;
  trans: TranslationBundle;
  onKill: () => void;
}): JSX.Element | null {
  const { id, state, trans } = props;
  if (hasEnded(state)) {
    return null;
  }
  return (
    <IconButton
      icon={stopIcon}
      className="jp-Jobs-kill"
      label={trans.__('Kill job %1', id)}
      title={withKeys(
        state === 'stopping'
          ? trans.__('Kill job %1 again', id)
          : trans.__('Kill job %1', id),
        props.keys
      )}
      tabIndex={props.tabIndex}
      onClick={props.onKill}
    />
  );
}
