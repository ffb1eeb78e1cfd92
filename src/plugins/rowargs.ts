import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';

/**
 * A command's arguments; from the context menu of a row in the panel, or by a key while a
 * row has the focus, those that name its job.
 */
export function rowArgs(
  args: ReadonlyPartialJSONObject,
  app: JupyterFrontEnd
): ReadonlyPartialJSONObject {
  const row =
    args.fromRow === true
      ? app.contextMenuHitTest(isRow)
      : args.fromFocus === true
        ? document.activeElement?.closest<HTMLElement>('.jp-Jobs-item')
        : undefined;
  return row && isRow(row)
    ? { runtime: row.dataset.runtime, id: Number(row.dataset.jobId) }
    : args;
}

function isRow({ dataset }: HTMLElement): boolean {
  return dataset.jobId !== undefined && 'runtime' in dataset;
}
