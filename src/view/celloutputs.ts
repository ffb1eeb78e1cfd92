import type { CodeCell, ICellModel, ICodeCellModel } from '@jupyterlab/cells';
import type { IOutputAreaModel } from '@jupyterlab/outputarea';
import { OutputAreaModel } from '@jupyterlab/outputarea';
import type * as nbformat from '@jupyterlab/nbformat';
import type { Notebook } from '@jupyterlab/notebook';
import { JSONExt } from '@lumino/coreutils';
import type { IDisposable } from '@lumino/disposable';
import { Signal } from '@lumino/signaling';

import type { ICellLog, IOutputLog } from '../model/job';
import type { IKernelJobs } from '../tokens';
import { syncOutputs } from './syncoutputs';

/**
 * Brings the cells of a notebook up to what the kernel knows of them, where the page
 * may have missed something: it was loaded anew, or the connection was interrupted.
 *
 * #### Notes
 * Outputs normally come to a cell by the future of its execute request, which only the
 * page has that sent it, and which does not know what it has missed. A cell that is
 * brought up to date here is written from here on: its future is told to leave it.
 */
export class CellOutputs implements IDisposable {
  constructor(options: CellOutputs.IOptions) {
    this._notebook = options.notebook;
    this._jobs = options.jobs;
    this._jobs.stateChanged.connect(this._update, this);
    this._update();
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    if (this.isDisposed) {
      return;
    }
    this._isDisposed = true;
    this._written.clear();
    Signal.clearData(this);
  }

  private _update(): void {
    const { cells, jobs, snapshots } = this._jobs.state;
    if (snapshots !== this._snapshots) {
      this._snapshots = snapshots;
      this._adopt(cells);
    }
    for (const [request, written] of this._written) {
      const cell = cells.get(request);
      if (!cell || !isOf(written.cell, request)) {
        // The kernel has ended, or the cell was run again or removed.
        this._written.delete(request);
      } else if (cell.log !== written.log) {
        write(written, cell.log);
      }
    }
    for (const { request, executionCount } of jobs.values()) {
      const written = request === null ? undefined : this._written.get(request);
      if (written && executionCount !== null) {
        setExecutionCount(written.cell.model, executionCount);
      }
    }
  }

  /**
   * Take over the cells whose logs are known.
   */
  private _adopt(cells: ReadonlyMap<string, ICellLog>): void {
    const widgets = new Map(
      this._notebook.widgets.map(widget => [widget.model.id, widget])
    );
    for (const [request, { cellId }] of cells) {
      const cell = widgets.get(cellId);
      if (!cell || !isCode(cell.model) || this._written.has(request)) {
        continue;
      }
      const codeCell = cell as CodeCell;
      if (isOf(codeCell, request)) {
        const future = futureOf(codeCell);
        if (future) {
          future.onIOPub = () => undefined;
        }
        this._written.set(request, {
          cell: codeCell,
          log: null,
          outputs: codeCell.model.outputs.toJSON()
        });
      }
    }
  }

  private _isDisposed = false;
  private readonly _jobs: IKernelJobs;
  private readonly _notebook: Notebook;
  private _snapshots = 0;
  private readonly _written = new Map<string, IWritten>();
}

/**
 * A namespace for `CellOutputs` statics.
 */
export namespace CellOutputs {
  /**
   * The options of a notebook's cell outputs.
   */
  export interface IOptions {
    readonly notebook: Notebook;
    /** The jobs of the notebook's kernel. */
    readonly jobs: IKernelJobs;
  }
}

/**
 * A cell that is written here.
 */
interface IWritten {
  readonly cell: CodeCell;
  /** What was written last; null if nothing was. */
  log: IOutputLog | null;
  /** What the cell shows. */
  outputs: readonly nbformat.IOutput[];
}

/**
 * Have a cell show a log.
 */
function write(written: IWritten, log: IOutputLog): void {
  const model = written.cell.model.outputs;
  const outputs = log.items.map(item => item.output);
  if (written.log === null) {
    if (!showsAlready(model, outputs)) {
      model.fromJSON(outputs);
    }
  } else {
    syncOutputs(model, written.outputs, outputs);
  }
  written.log = log;
  written.outputs = outputs;
}

/**
 * Whether a model that was filled in another way shows the same: a notebook that was
 * saved is not changed by being opened.
 */
function showsAlready(
  model: IOutputAreaModel,
  values: nbformat.IOutput[]
): boolean {
  const other = new OutputAreaModel({ values, trusted: model.trusted });
  const same = JSONExt.deepEqual(model.toJSON(), other.toJSON());
  other.dispose();
  return same;
}

function isCode(model: ICellModel): model is ICodeCellModel {
  return model.type === 'code';
}

/**
 * Whether a cell shows the execution of a request, as far as the page knows.
 */
function isOf(cell: CodeCell, request: string): boolean {
  return (
    !cell.isDisposed &&
    (futureOf(cell)?.msg.header.msg_id ?? request) === request
  );
}

/**
 * The future of a cell's newest execution. JupyterLab's type hides that there may be none.
 */
function futureOf(cell: CodeCell): CodeCell['outputArea']['future'] | null {
  return cell.outputArea.future;
}

function setExecutionCount(model: ICodeCellModel, count: number): void {
  if (model.executionCount === null) {
    model.executionCount = count;
  }
}
