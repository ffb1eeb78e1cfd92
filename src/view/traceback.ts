import type { IJobError } from '../model/job';
import { stripAnsi } from './terminaltext';

/**
 * A traceback as plain text, for the clipboard.
 */
export function tracebackText(error: IJobError): string {
  const text = stripAnsi(error.traceback.join('\n'));
  return text || `${error.ename}: ${error.evalue}`;
}
