import type { TranslationBundle } from '@jupyterlab/translation';
import { runIcon } from '@jupyterlab/ui-components';
import React from 'react';

import type { IJob } from '../model/job';
import { IconButton } from './iconbutton';

/**
 * Starts a job that waits; nothing where a job does not wait.
 */
export function StartNowButton(props: {
  job: Pick<IJob, 'id' | 'state' | 'waitingFor'>;
  tabIndex?: number;
  trans: TranslationBundle;
  onStart: () => void;
}): JSX.Element | null {
  const { job, trans } = props;
  if (job.state !== 'queued' || job.waitingFor === null) {
    return null;
  }
  return (
    <IconButton
      icon={runIcon}
      className="jp-Jobs-startNow"
      label={trans.__('Start job %1 now', job.id)}
      title={trans.__('Start now, without waiting')}
      tabIndex={props.tabIndex}
      onClick={props.onStart}
    />
  );
}
