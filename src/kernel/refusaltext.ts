import type { TranslationBundle } from '@jupyterlab/translation';

import { ProtocolError } from './fields';
import { RequestError } from './protocol';

/**
 * Why a runtime does not do what it is asked for, as a sentence for the user.
 *
 * @returns null if the error does not come from a runtime that has answered.
 */
export function refusalText(
  error: unknown,
  trans: TranslationBundle
): string | null {
  const isRefused = error instanceof RequestError;
  // Either side may be the one that does not understand the other.
  if (
    error instanceof ProtocolError ||
    (isRefused && error.ename === 'ProtocolError')
  ) {
    return trans.__(
      'The kernel and this page have different versions of jupyterlab-jobs. Restart the kernel and reload the page.'
    );
  }
  return isRefused ? error.message : null;
}
