import type { IDisposable } from '@lumino/disposable';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import type { JobsMessage } from '../kernel/protocol';
import type { Action, IModelState } from './reducer';
import { INITIAL_STATE, reduce } from './reducer';

/** How long output is collected before it is shown, in milliseconds. */
const OUTPUT_DELAY = 50;

/**
 * Holds what is known of a kernel's jobs. All that changes it goes through here, in the
 * order in which it came.
 */
export class JobsStore implements IDisposable {
  get state(): IModelState {
    return this._state;
  }

  /**
   * Emitted after each action, with the state before it.
   */
  get reduced(): ISignal<this, IModelState> {
    return this._reduced;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  /**
   * Reduce an action, after all messages that came before it.
   */
  dispatch(action: Action): void {
    this._flush();
    this._reduce(action);
  }

  /**
   * Take a message of the kernel in: at once if it tells about jobs, otherwise together
   * with those that come right after it.
   */
  receive(message: JobsMessage): void {
    this._inbox.push(message);
    if (message.kind === 'jobs') {
      this._flush();
    } else {
      this._timer ??= setTimeout(() => this._flush(), OUTPUT_DELAY);
    }
  }

  dispose(): void {
    if (this.isDisposed) {
      return;
    }
    this._isDisposed = true;
    clearTimeout(this._timer);
    Signal.clearData(this);
  }

  private _flush(): void {
    clearTimeout(this._timer);
    this._timer = undefined;
    const messages = this._inbox;
    if (messages.length > 0) {
      this._inbox = [];
      this._reduce({ type: 'messages', messages, at: seconds() });
    }
  }

  private _reduce(action: Action): void {
    const before = this._state;
    this._state = reduce(before, action);
    this._reduced.emit(before);
  }

  private _inbox: JobsMessage[] = [];
  private _isDisposed = false;
  private readonly _reduced = new Signal<this, IModelState>(this);
  private _state: IModelState = INITIAL_STATE;
  private _timer: ReturnType<typeof setTimeout> | undefined;
}

/**
 * Whether anything that is shown differs.
 */
export function isShownAnew(before: IModelState, after: IModelState): boolean {
  return (
    after.status !== before.status ||
    after.jobs !== before.jobs ||
    after.outputs !== before.outputs ||
    after.cells !== before.cells ||
    after.snapshots !== before.snapshots
  );
}

/** The page's clock, in seconds since the epoch. */
export function seconds(): number {
  return Date.now() / 1000;
}
