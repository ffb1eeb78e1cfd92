import type { TranslationBundle } from '@jupyterlab/translation';
import React from 'react';

import type { IJobProgress } from '../model/job';
import { progressFraction, progressText } from './progresstext';

/**
 * How far a job is, as a bar; one without a known end moves to and fro.
 */
export function ProgressBar(props: {
  id: number;
  progress: IJobProgress;
  trans: TranslationBundle;
}): JSX.Element {
  const { id, progress, trans } = props;
  const fraction = progressFraction(progress);
  return (
    <div
      className="jp-Jobs-progress"
      role="progressbar"
      aria-label={trans.__('Progress of job %1', id)}
      aria-valuemin={0}
      aria-valuemax={progress.total ?? undefined}
      aria-valuenow={fraction === null ? undefined : progress.done}
      aria-valuetext={progressText(progress, trans)}
    >
      <div
        className="jp-Jobs-progressDone"
        style={
          fraction === null ? undefined : { inlineSize: `${fraction * 100}%` }
        }
      />
    </div>
  );
}
