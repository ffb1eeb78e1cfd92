import type { CodeCell, ICellModel, ICodeCellModel } from '@jupyterlab/cells';
import type * as nbformat from '@jupyterlab/nbformat';
import type { CellList, Notebook } from '@jupyterlab/notebook';
import type { IObservableList } from '@jupyterlab/observables';
import type { IOutputAreaModel } from '@jupyterlab/outputarea';
import { OutputAreaModel } from '@jupyterlab/outputarea';
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
 *
 * The views of one document share its cells, and each may have run them: all of them
 * are looked at, and only one of these objects writes.
 */
export class CellOutputs implements IDisposable {
  constructor(options: CellOutputs.IOptions) {
    this._views = options.views;
    this._jobs = options.jobs;
    this._jobs.stateChanged.connect(this._update, this);
    options.cells.changed.connect(this._onCellsChanged, this);
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
      for (const [request, cell] of cells) {
        this._adopt(request, cell);
      }
    }
    this._seen = cells;
    for (const [request, written] of this._written) {
      const cell = cells.get(request);
      if (!cell || !this._isNewest(written.cellId, request)) {
        // The kernel has ended, or the cell was run again or removed.
        this._written.delete(request);
      } else if (cell.log !== written.log && !written.model.isDisposed) {
        write(written, cell.log);
      }
    }
    for (const { request, executionCount } of jobs.values()) {
      const written = request === null ? undefined : this._written.get(request);
      if (written && written.model.executionCount === null) {
        written.model.executionCount = executionCount;
      }
    }
  }

  /**
   * A cell that is moved, pasted after it was cut, or brought back by an undo is a new one
   * with the old id.
   */
  private _onCellsChanged(
    _: CellList,
    { newValues }: IObservableList.IChangedArgs<ICellModel>
  ): void {
    if (newValues.length === 0) {
      return;
    }
    // JupyterLab hands a moved cell its future in the same task, after this.
    queueMicrotask(() => {
      if (this.isDisposed) {
        return;
      }
      const ids = new Set(newValues.map(({ id }) => id));
      for (const [request, cell] of this._jobs.state.cells) {
        if (ids.has(cell.cellId)) {
          this._adopt(request, cell);
        }
      }
      this._update();
    });
  }

  /**
   * Take over a cell, if something of it may be missing.
   */
  private _adopt(request: string, { cellId, log }: ICellLog): void {
    const [cell] = this._cells(cellId);
    const written = this._written.get(request);
    if (
      !cell ||
      written?.model === cell.model ||
      !this._isNewest(cellId, request)
    ) {
      return;
    }
    const { model } = cell;
    if (written) {
      this._write(request, cellId, model);
      return;
    }
    const futures = this._futures(cellId);
    if (futures.length > 0 && this._seen.get(request)?.log === log) {
      // The cell has heard all that we have heard; its user may have cleared it since.
      return;
    }
    if (log.dropped > 0 && model.outputs.length > 0) {
      // It has what the log has no more.
      return;
    }
    this._write(request, cellId, model);
  }

  /**
   * Write a cell from here on.
   */
  private _write(request: string, cellId: string, model: ICodeCellModel): void {
    for (const future of this._futures(cellId)) {
      if (requestOf(future) === request) {
        future.onIOPub = () => undefined;
      }
    }
    this._written.set(request, {
      cellId,
      model,
      log: null,
      outputs: model.outputs.toJSON()
    });
  }

  /**
   * Whether a cell shows the execution of a request, as far as the page knows.
   */
  private _isNewest(cellId: string, request: string): boolean {
    if (this._cells(cellId).length === 0) {
      return false;
    }
    const newest = this._futures(cellId).reduce<Future | null>(
      (newest, future) =>
        newest === null || sentAt(future) >= sentAt(newest) ? future : newest,
      null
    );
    return newest === null || requestOf(newest) === request;
  }

  /** The widgets of a code cell: one in each view. */
  private _cells(cellId: string): CodeCell[] {
    const found: CodeCell[] = [];
    for (const { widgets } of this._views()) {
      const cell = widgets.find(({ model }) => model.id === cellId);
      if (cell && !cell.isDisposed && cell.model.type === 'code') {
        found.push(cell as CodeCell);
      }
    }
    return found;
  }

  /** The executions of a cell that the page has begun. */
  private _futures(cellId: string): Future[] {
    // JupyterLab's type hides that there may be none.
    return this._cells(cellId)
      .map(({ outputArea }) => outputArea.future as Future | null | undefined)
      .filter((future): future is Future => !!future);
  }

  private _isDisposed = false;
  private readonly _jobs: IKernelJobs;
  /** What was known of the cells before. */
  private _seen: ReadonlyMap<string, ICellLog> = new Map();
  private _snapshots = 0;
  private readonly _views: () => readonly Notebook[];
  private readonly _written = new Map<string, IWritten>();
}

/**
 * A namespace for `CellOutputs` statics.
 */
export namespace CellOutputs {
  /**
   * The options of a document's cell outputs.
   */
  export interface IOptions {
    /** The cells of the document. */
    readonly cells: CellList;
    /** The views of the document. */
    readonly views: () => readonly Notebook[];
    /** The jobs of the document's kernel. */
    readonly jobs: IKernelJobs;
  }
}

type Future = CodeCell['outputArea']['future'];

/**
 * A cell that is written here.
 */
interface IWritten {
  readonly cellId: string;
  readonly model: ICodeCellModel;
  /** What was written last; null if nothing was. */
  log: IOutputLog | null;
  /** What the cell shows. */
  outputs: readonly nbformat.IOutput[];
}

function requestOf(future: Future): string {
  return future.msg.header.msg_id;
}

/** When a request was sent, as text that sorts by time. */
function sentAt(future: Future): string {
  return future.msg.header.date;
}

/**
 * Have a cell show a log.
 */
function write(written: IWritten, log: IOutputLog): void {
  const { outputs: model } = written.model;
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
