import type { TranslationBundle } from '@jupyterlab/translation';

import type { JobState } from '../model/job';

/**
 * A state in words.
 */
export function stateText(state: JobState, trans: TranslationBundle): string {
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
      return trans.__('killed');
    case 'lost':
      return trans.__('lost');
  }
}
