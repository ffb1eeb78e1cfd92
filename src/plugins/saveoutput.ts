import type { TranslationBundle } from '@jupyterlab/translation';

import type { IJob } from '../model/job';
import { EMPTY_LOG } from '../model/outputlog';
import { outputText } from '../model/outputtext';
import type { IFoundJob } from './findjob';

const MAX_NAME_LENGTH = 80;

/**
 * Download everything that a job has written, as a text file.
 *
 * #### Notes
 * A job whose kernel session is over has only what the page still holds.
 */
export async function saveOutput(
  { job, kernel }: IFoundJob,
  trans: TranslationBundle
): Promise<void> {
  const { status, outputs } = kernel.state;
  const parts: Blob[] = [];
  if (status.kind === 'ready' && status.runtime === job.runtime) {
    for await (const text of kernel.output(job.id)) {
      // Not the texts: the browser may keep blobs elsewhere than in the page's memory.
      parts.push(new Blob([text]));
    }
  } else {
    parts.push(new Blob([outputText(outputs.get(job.key) ?? EMPTY_LOG)]));
  }
  download(
    new Blob(parts, { type: 'text/plain;charset=utf-8' }),
    fileName(job, trans)
  );
}

/**
 * A name for the file, without what file systems do not take.
 */
export function fileName(
  job: Pick<IJob, 'id' | 'name'>,
  trans: TranslationBundle
): string {
  const name = [...job.name.replace(/[^\p{L}\p{N}._-]+/gu, ' ')]
    .slice(0, MAX_NAME_LENGTH)
    .join('')
    .replace(/^[ .]+|[ .]+$/g, '')
    .replace(/ /g, '-');
  const start = trans.__('job-%1', job.id);
  return `${name ? `${start}-${name}` : start}.txt`;
}

function download(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  document.body.appendChild(link);
  link.click();
  link.remove();
  // The click only begins the download.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
