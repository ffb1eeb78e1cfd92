import type { TranslationBundle } from '@jupyterlab/translation';
import type { ReadonlyJSONObject } from '@lumino/coreutils';

/**
 * The arguments of the commands for one job, as a JSON schema.
 */
export function jobArgs(trans: TranslationBundle): ReadonlyJSONObject {
  return {
    type: 'object',
    properties: {
      id: {
        type: 'integer',
        description: trans.__('The number of the job')
      },
      kernelId: {
        type: 'string',
        description: trans.__(
          'The id of a kernel; that of the current notebook if not given'
        )
      },
      runtime: {
        type: 'string',
        description: trans.__(
          'The id of a kernel session, for jobs of an earlier one'
        )
      },
      fromFocus: {
        type: 'boolean',
        description: trans.__('Whether the job is the one that has the focus')
      },
      fromRow: {
        type: 'boolean',
        description: trans.__(
          'Whether the job is the one whose context menu is open'
        )
      }
    }
  };
}
