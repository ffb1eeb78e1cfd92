import type * as nbformat from '@jupyterlab/nbformat';

import { isObject } from '../kernel/fields';
import type { IJob } from '../model/job';
import { jobKey } from '../model/job';
import { JOB_RECORD_MIME_TYPE, parseNotebookRecord } from './record';

/**
 * What a notebook keeps of a job that is lost, in place of the record that its kernel could
 * not bring up to date any more.
 *
 * @param output - any output of the notebook.
 * @param lost - lost jobs, by key.
 * @returns null if the output is not the record of one of them.
 */
export function lostRecord(
  output: nbformat.IOutput,
  lost: ReadonlyMap<string, IJob>
): nbformat.IDisplayData | null {
  const { data } = output;
  if (output.output_type !== 'display_data' || !isObject(data)) {
    return null;
  }
  const stored = data[JOB_RECORD_MIME_TYPE];
  const record = parseNotebookRecord(stored);
  const job = record && lost.get(jobKey(record.runtime, record.id));
  if (!job) {
    return null;
  }
  return {
    output_type: 'display_data',
    metadata: {},
    data: {
      [JOB_RECORD_MIME_TYPE]: {
        ...(stored as nbformat.IMimeBundle),
        state: job.state,
        ended: job.ended
      },
      // Not translated: nor is what the kernel writes there.
      'text/plain': `Job ${job.id} · ${job.name} · ${job.state}: its kernel has ended`
    }
  };
}
