import type { TranslationBundle } from '@jupyterlab/translation';
import React from 'react';

import {
  failedIcon,
  finishedIcon,
  killedIcon,
  lostIcon,
  queuedIcon
} from './icons';
import type { ShownState } from './statetext';
import { stateText } from './statetext';

const ICONS = {
  queued: queuedIcon,
  finished: finishedIcon,
  failed: failedIcon,
  killed: killedIcon,
  lost: lostIcon
};

/**
 * The state of a job as an icon, which turns while the job works.
 */
export function StateIcon(props: {
  job: ShownState;
  trans: TranslationBundle;
}): JSX.Element {
  const { job, trans } = props;
  const { state } = job;
  const text = stateText(job, trans);
  return (
    <span
      className="jp-Jobs-stateIcon"
      data-state={state}
      role="img"
      aria-label={text}
      title={text}
    >
      {state === 'running' || state === 'stopping' ? (
        <span className="jp-Jobs-spinner" />
      ) : (
        <Icon state={state} />
      )}
    </span>
  );
}

function Icon(props: { state: keyof typeof ICONS }): JSX.Element {
  const icon = ICONS[props.state];
  return <icon.react tag={null} />;
}
