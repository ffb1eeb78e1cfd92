import type * as nbformat from '@jupyterlab/nbformat';

import type { IOutputLog } from '../model/job';

/** How much of a stream is shown at least, in characters. */
const TEXT_LIMIT = 100_000;

/** How many outputs are shown at least. */
const COUNT_LIMIT = 100;

/**
 * The part of a log that a panel can draw without effort, which is its end.
 *
 * #### Notes
 * What is left out at the front grows in steps, so that what is shown of a growing
 * log stays a growing text, and is not another one with every character.
 */
export function visibleTail(log: IOutputLog): {
  readonly outputs: readonly nbformat.IOutput[];
  /** Whether there was more at the front. */
  readonly isCut: boolean;
} {
  const { items, dropped } = log;
  const first = cutOff(items.length, COUNT_LIMIT);
  let isCut = dropped > 0 || first > 0;
  const outputs = items.slice(first).map(({ output }) => {
    if (output.output_type !== 'stream') {
      return output;
    }
    const text = output.text as string;
    // Counted from the first character ever written, so that the log's own limit
    // moves nothing.
    const start = cutOff(dropped + text.length, TEXT_LIMIT) - dropped;
    if (start <= 0) {
      return output;
    }
    isCut = true;
    const lineEnd = text.indexOf('\n', start);
    return {
      ...output,
      text: text.slice(lineEnd === -1 ? start : lineEnd + 1)
    };
  });
  return { outputs, isCut };
}

/** How much is cut of something so long: between `limit` and twice that stays. */
function cutOff(length: number, limit: number): number {
  return Math.max(0, Math.floor(length / limit) - 1) * limit;
}
