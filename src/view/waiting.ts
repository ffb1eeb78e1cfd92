import type { TranslationBundle } from '@jupyterlab/translation';

import type { IJob } from '../model/job';

/**
 * What a queued job waits for, in words; empty for any other job.
 */
export function waitingText(
  { state, waitingFor }: Pick<IJob, 'state' | 'waitingFor'>,
  trans: TranslationBundle
): string {
  return state === 'queued' && waitingFor !== null
    ? trans.__('waiting for %1', waitingFor)
    : '';
}
