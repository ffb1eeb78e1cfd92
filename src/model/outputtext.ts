import type * as nbformat from '@jupyterlab/nbformat';

import type { IOutputLog } from './job';

/**
 * What a log holds, as text: what `job.output` is in the kernel.
 */
export function outputText(log: IOutputLog): string {
  return log.items.map(({ output }) => textOf(output)).join('');
}

function textOf(output: nbformat.IOutput): string {
  switch (output.output_type) {
    case 'stream':
      return output.text as string;
    case 'error':
      return `${(output.traceback as string[]).join('\n')}\n`;
    default: {
      const text = (output.data as nbformat.IMimeBundle)['text/plain'];
      return `${(text as string | undefined) ?? ''}\n`;
    }
  }
}
