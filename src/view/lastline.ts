import type * as nbformat from '@jupyterlab/nbformat';

import type { TranslationBundle } from '@jupyterlab/translation';

import type { IJob, IOutputLog } from '../model/job';
import { hasEnded } from '../model/job';
import { progressText } from './progresstext';
import { settleLine } from './terminaltext';
import { waitingText } from './waiting';

/** More than a row can show, and little enough to compute at every change. */
const MAX_LENGTH = 300;

/** How much of one line is looked at: a progress bar is a line without end. */
const MAX_RAW_LENGTH = 4000;

/**
 * The line that says best where a job is: what went wrong, else how far it is or what
 * it waits for, else the last line that is not empty of what it wrote.
 */
export function lastLine(
  job: Pick<IJob, 'state' | 'error' | 'killReason' | 'waitingFor' | 'progress'>,
  log: IOutputLog | undefined,
  trans: TranslationBundle
): string {
  if (job.error) {
    return errorLine(job.error);
  }
  if (job.killReason !== null) {
    return job.killReason;
  }
  const waiting = waitingText(job, trans);
  if (waiting) {
    return waiting;
  }
  if (job.progress && !hasEnded(job.state)) {
    return progressText(job.progress, trans);
  }
  const items = log?.items ?? [];
  for (let index = items.length - 1; index >= 0; index--) {
    const line = lastLineOfOutput(items[index].output);
    if (line) {
      return line;
    }
  }
  return '';
}

/**
 * An error in one line.
 */
export function errorLine(error: {
  readonly ename: string;
  readonly evalue: string;
}): string {
  const [first] = error.evalue.trimStart().split('\n', 1);
  const value = settleLine(first.slice(0, MAX_LENGTH));
  return value ? `${error.ename}: ${value}` : error.ename;
}

function lastLineOfOutput(output: nbformat.IOutput): string {
  switch (output.output_type) {
    case 'stream':
      return lastLineOfText(joined(output.text));
    case 'error':
      return errorLine({
        ename: joined(output.ename),
        evalue: joined(output.evalue)
      });
    case 'display_data':
    case 'execute_result':
      return lastLineOfText(
        joined((output.data as nbformat.IMimeBundle)['text/plain'])
      );
    default:
      return '';
  }
}

function joined(text: unknown): string {
  if (Array.isArray(text)) {
    return text.join('');
  }
  return typeof text === 'string' ? text : '';
}

function lastLineOfText(text: string): string {
  let end = text.length;
  while (end > 0) {
    const start = text.lastIndexOf('\n', end - 1) + 1;
    const line = settleLine(tailOfLine(text.slice(start, end))).trim();
    if (line) {
      return line.slice(0, MAX_LENGTH);
    }
    end = start - 1;
  }
  return '';
}

/**
 * The part of a very long line that decides what it shows: from one of the last
 * carriage returns on, or the beginning, if that is what they leave visible.
 */
function tailOfLine(line: string): string {
  if (line.length <= MAX_RAW_LENGTH) {
    return line;
  }
  const cut = line.indexOf('\r', line.length - MAX_RAW_LENGTH);
  const start = cut === -1 ? line.lastIndexOf('\r') : cut;
  return line.slice(start + 1, start + 1 + MAX_RAW_LENGTH);
}
