import type * as nbformat from '@jupyterlab/nbformat';

import type { OutputChange } from '../kernel/protocol';
import type { IJobOutput, IOutputLog } from './job';

/** How much of a job's output is kept; the runtime keeps as much. */
export const MAX_LOG_CHARACTERS = 1_000_000;
export const MAX_LOG_ITEMS = 2_000;

/** How much a log holds. */
export interface ILogBounds {
  readonly characters: number;
  readonly items: number;
}

const OF_JOB: ILogBounds = {
  characters: MAX_LOG_CHARACTERS,
  items: MAX_LOG_ITEMS
};

/** What the log of a cell holds; the runtime keeps as much. */
export const OF_CELL: ILogBounds = { characters: 5_000_000, items: 5_000 };

/** The log of a job that has written nothing. */
export const EMPTY_LOG: IOutputLog = {
  items: [],
  dropped: 0,
  clearPending: false
};

/**
 * Whether a log tells nothing.
 */
export function isEmptyLog(log: IOutputLog): boolean {
  return log.items.length === 0 && log.dropped === 0 && !log.clearPending;
}

/**
 * What a log becomes by a message, as an output area would have it.
 *
 * #### Notes
 * The runtime does the same with the same messages (`OutputLog` in output_log.py), so that
 * its snapshot and what the page has made of the messages do not differ.
 */
export function applyOutput(
  log: IOutputLog,
  change: OutputChange,
  bounds: ILogBounds = OF_JOB
): IOutputLog {
  switch (change.type) {
    case 'clear':
      return change.wait ? { ...log, clearPending: true } : cleared(log);
    case 'update':
      return log.items.some(item => item.displayId === change.displayId)
        ? {
            ...log,
            items: log.items.map(item =>
              item.displayId === change.displayId
                ? {
                    displayId: item.displayId,
                    output: {
                      ...item.output,
                      data: change.data,
                      metadata: change.metadata
                    }
                  }
                : item
            )
          }
        : log;
    case 'append':
      return bounded(
        append(log.clearPending ? cleared(log) : log, change.item),
        bounds
      );
  }
}

function cleared(log: IOutputLog): IOutputLog {
  return { ...log, items: [], clearPending: false };
}

function append(log: IOutputLog, item: IJobOutput): IOutputLog {
  const last = log.items[log.items.length - 1] as IJobOutput | undefined;
  const text = streamText(item.output);
  const before = last && streamText(last.output);
  if (
    text === null ||
    typeof before !== 'string' ||
    last?.output.name !== item.output.name
  ) {
    return { ...log, items: [...log.items, item] };
  }
  const joined = withText(item, before + text);
  return { ...log, items: [...log.items.slice(0, -1), joined] };
}

/**
 * Drop whole outputs at the front, and of the last one, if it is text, its beginning.
 */
function bounded(log: IOutputLog, bounds: ILogBounds): IOutputLog {
  let size = log.items.reduce((sum, item) => sum + sizeOf(item.output), 0);
  if (size <= bounds.characters && log.items.length <= bounds.items) {
    return log;
  }
  const items = [...log.items];
  let dropped = log.dropped;
  while (
    items.length > 1 &&
    (size > bounds.characters || items.length > bounds.items)
  ) {
    const first = sizeOf(items[0].output);
    items.shift();
    size -= first;
    dropped += first;
  }
  const text = streamText(items[0].output);
  const excess = size - bounds.characters;
  if (text !== null && excess > 0) {
    items[0] = withText(items[0], text.slice(excess));
    dropped += excess;
  }
  return { ...log, items, dropped };
}

function withText(item: IJobOutput, text: string): IJobOutput {
  return { ...item, output: { ...item.output, text } };
}

/** The text of a stream output, or null for any other. */
function streamText(output: nbformat.IOutput): string | null {
  return output.output_type === 'stream' ? (output.text as string) : null;
}

/** How many characters an output holds, roughly. */
export function sizeOf(output: nbformat.IOutput): number {
  switch (output.output_type) {
    case 'stream':
      return (output.text as string).length;
    case 'error':
      return (output.traceback as string[]).reduce(
        (sum, line) => sum + line.length,
        0
      );
    default:
      return Object.values(output.data as nbformat.IMimeBundle).reduce<number>(
        (sum, value) => sum + (typeof value === 'string' ? value.length : 100),
        0
      );
  }
}
