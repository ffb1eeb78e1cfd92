import type { TranslationBundle } from '@jupyterlab/translation';

import type { IJob } from '../model/job';

/**
 * What the words for a state depend on; a notebook does not remember all of it.
 */
export type ShownState = Pick<IJob, 'state'> & Partial<Pick<IJob, 'timedOut'>>;

/**
 * A state in words.
 */
export function stateText(
  { state, timedOut }: ShownState,
  trans: TranslationBundle
): string {
  switch (state) {
    case 'queued':
      return trans.__('queued');
    case 'running':
      return trans.__('running');
    case 'stopping':
      return trans.__('stopping…');
    case 'finished':
      return trans.__('finished');
    case 'failed':
      return trans.__('failed');
    case 'killed':
      return timedOut ? trans.__('timed out') : trans.__('killed');
    case 'lost':
      return trans.__('lost');
  }
}
