import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';

/**
 * A command's arguments; from the context menu of a row in the panel, those that name
 * its job.
 */
export function rowArgs(
  args: ReadonlyPartialJSONObject,
  app: JupyterFrontEnd
): ReadonlyPartialJSONObject {
  if (args.fromRow !== true) {
    return args;
  }
  const row = app.contextMenuHitTest(
    node => node.dataset.jobId !== undefined && 'runtime' in node.dataset
  );
  return row
    ? { runtime: row.dataset.runtime, id: Number(row.dataset.jobId) }
    : args;
}
