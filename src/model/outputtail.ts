import type * as nbformat from '@jupyterlab/nbformat';

import type { IJobOutput, IOutputLog } from './job';
import { sizeOf } from './outputlog';

/**
 * The end of a log.
 *
 * @param limit - how many characters it may take as JSON.
 */
export function outputTail(log: IOutputLog, limit: number): IOutputLog {
  const items: IJobOutput[] = [];
  let left = limit;
  let index = log.items.length - 1;
  for (; index >= 0; index--) {
    const { output, displayId } = log.items[index];
    const kept = fitting(output, left);
    if (kept === null) {
      break;
    }
    items.unshift({ output: kept, displayId });
    left -= jsonSize(kept);
    if (kept !== output) {
      break;
    }
  }
  const kept = items.reduce((sum, item) => sum + sizeOf(item.output), 0);
  const all = log.items.reduce((sum, item) => sum + sizeOf(item.output), 0);
  return {
    items,
    dropped: log.dropped + Math.max(0, all - kept),
    clearPending: false
  };
}

/**
 * An output, or what is left of it in so much space: the end of a text, an image's
 * description; null if nothing is.
 */
function fitting(
  output: nbformat.IOutput,
  space: number
): nbformat.IOutput | null {
  if (jsonSize(output) <= space) {
    return output;
  }
  if (output.output_type === 'stream') {
    return streamTail(output, space);
  }
  const data = output.data as nbformat.IMimeBundle | undefined;
  const text = data?.['text/plain'];
  if (typeof text !== 'string') {
    return null;
  }
  const plain = { ...output, data: { 'text/plain': text }, metadata: {} };
  return jsonSize(plain) <= space ? plain : null;
}

function streamTail(
  output: nbformat.IOutput,
  space: number
): nbformat.IOutput | null {
  let text = (output.text as string).slice(-space);
  while (text) {
    const lineEnd = text.indexOf('\n');
    const whole = lineEnd === -1 ? text : text.slice(lineEnd + 1) || text;
    const tail = { ...output, text: whole };
    const excess = jsonSize(tail) - space;
    if (excess <= 0) {
      return tail;
    }
    // A character takes six in JSON at most.
    text = whole.slice(Math.max(1, Math.ceil(excess / 6)));
  }
  return null;
}

function jsonSize(value: unknown): number {
  return JSON.stringify(value).length;
}
