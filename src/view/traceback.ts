import type { IJobError } from '../model/job';
import { stripAnsi } from './terminaltext';

/**
 * A traceback as plain text, for the clipboard.
 */
export function tracebackText(error: IJobError): string {
  const text = stripAnsi(error.traceback.join('\n'));
  return text || `${error.ename}: ${error.evalue}`;
}

/** How IPython names a line of a cell in a traceback. */
const CELL_LINE = /\bIn\s?\[(\d+)\], line (\d+)/g;

/**
 * The innermost line of the notebook in a traceback: the number of its cell, and the line,
 * from 1. Null if there is none.
 */
export function errorLine(
  error: IJobError
): { executionCount: number; line: number } | null {
  const all = [...tracebackText(error).matchAll(CELL_LINE)];
  const last = all[all.length - 1];
  return last
    ? { executionCount: Number(last[1]), line: Number(last[2]) }
    : null;
}
