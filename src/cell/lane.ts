import type { CellKind } from './parse';

/**
 * How a cell reaches the runtime: `queue` is the execute request alone,
 * `express` a `submit` over the control channel beside it.
 */
export type Lane = 'queue' | 'express';

/**
 * Whether a job starts while its kernel works on other cells: at once, unless it reads a name
 * that one of them is about to bind, or not before they have ended.
 */
export type StartPolicy = 'always' | 'when safe' | 'never';

/**
 * Decides which lane the cells of a notebook take.
 *
 * #### Notes
 * Running several cells, as Run All does, is one action: JupyterLab runs each of
 * them in the same tick. Within an action a job never overtakes the ordinary
 * cell before it, as it would over the control channel.
 */
export class RunActions {
  /**
   * Decide on the lane of a cell that is about to run.
   *
   * @param notebook - what the cell belongs to: the identity of an action.
   */
  lane(notebook: object, cell: RunActions.ICell): Lane {
    if (cell.kind !== 'jobs') {
      this._holdBack(notebook);
      return 'queue';
    }
    const express =
      cell.busy &&
      cell.ready &&
      cell.policy !== 'never' &&
      !this._holding.has(notebook);
    return express ? 'express' : 'queue';
  }

  /**
   * Hold the jobs of this action back: an ordinary cell comes before them.
   */
  private _holdBack(notebook: object): void {
    if (this._holding.has(notebook)) {
      return;
    }
    this._holding.add(notebook);
    // A task and not a microtask: another extension's executor may await
    // something before it hands a cell on to ours.
    setTimeout(() => this._holding.delete(notebook));
  }

  private _holding = new WeakSet<object>();
}

/**
 * A namespace for `RunActions` statics.
 */
export namespace RunActions {
  /**
   * What the decision depends on.
   */
  export interface ICell {
    readonly kind: CellKind;
    /** Whether the kernel may be working. */
    readonly busy: boolean;
    /** Whether the runtime is ready in it. */
    readonly ready: boolean;
    readonly policy: StartPolicy;
  }
}
