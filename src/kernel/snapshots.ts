import type { IDisposable } from '@lumino/disposable';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import type { KernelClient } from './client';
import type { ISince, ISnapshot } from './protocol';

/** How long to wait before a snapshot is asked for again, in milliseconds. */
const RETRY_DELAY = 2_000;
const MAX_RETRY_DELAY = 60_000;

/**
 * Asks for snapshots over one connection to a kernel: not more often than it helps.
 */
export class SnapshotFollower implements IDisposable {
  constructor(options: SnapshotFollower.IOptions) {
    this._client = options.client;
    this._isNeeded = options.isNeeded;
    this._since = options.since;
  }

  /**
   * Emitted for every snapshot.
   */
  get received(): ISignal<this, ISnapshot> {
    return this._received;
  }

  /**
   * Emitted when a request has failed, with the reason; another one needs `retry()`.
   */
  get failed(): ISignal<this, unknown> {
    return this._failed;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  /**
   * Whether the runtime is known to be there: then it is worth trying again.
   */
  isExpected = false;

  /**
   * Ask now.
   */
  ask(): void {
    void this._ask(false);
  }

  /**
   * Ask in `delay` milliseconds, unless a snapshot is asked for before.
   */
  askLater(delay: number): void {
    clearTimeout(this._timer);
    this._timer = setTimeout(() => this.ask(), delay);
  }

  /**
   * Ask if a snapshot is needed, and none is under way: now, unless the last one
   * did not help either.
   */
  catchUp(): void {
    if (this._asking === 0 && this._isNeeded()) {
      this.retry();
    }
  }

  /**
   * Ask as soon as the last request allows it.
   */
  retry(): void {
    const delay = this._notBefore - Date.now();
    clearTimeout(this._timer);
    if (delay > 0) {
      this._timer = setTimeout(() => void this._ask(true), delay);
    } else {
      void this._ask(true);
    }
  }

  /**
   * A new kernel session begins.
   */
  renew(): void {
    this.isExpected = false;
    this._notBefore = 0;
    this._retryDelay = RETRY_DELAY;
    clearTimeout(this._timer);
  }

  dispose(): void {
    if (this.isDisposed) {
      return;
    }
    this._isDisposed = true;
    clearTimeout(this._timer);
    Signal.clearData(this);
  }

  private async _ask(isToCatchUp: boolean): Promise<void> {
    if (this.isDisposed) {
      return;
    }
    clearTimeout(this._timer);
    this._asking += 1;
    let snapshot: ISnapshot;
    try {
      snapshot = await this._client.request('snapshot', {
        since: this._since()
      });
    } catch (error) {
      this._asking -= 1;
      if (!this.isDisposed) {
        this._notBefore = Date.now() + this._retryDelay;
        this._retryDelay = Math.min(2 * this._retryDelay, MAX_RETRY_DELAY);
        this._failed.emit(error);
      }
      return;
    }
    if (!this.isDisposed) {
      this._retryDelay = RETRY_DELAY;
      // A gap that is there again at once is none that a snapshot closes.
      this._notBefore = isToCatchUp ? Date.now() + RETRY_DELAY : 0;
      this._received.emit(snapshot);
    }
    // Only now: what is needed is known when the snapshot was taken in.
    this._asking -= 1;
    if (!this.isDisposed) {
      this.catchUp();
    }
  }

  private _asking = 0;
  private readonly _client: KernelClient;
  private readonly _failed = new Signal<this, unknown>(this);
  private _isDisposed = false;
  private readonly _isNeeded: () => boolean;
  private _notBefore = 0;
  private readonly _received = new Signal<this, ISnapshot>(this);
  private _retryDelay = RETRY_DELAY;
  private readonly _since: () => ISince | null;
  private _timer: ReturnType<typeof setTimeout> | undefined;
}

/**
 * A namespace for `SnapshotFollower` statics.
 */
export namespace SnapshotFollower {
  /**
   * The options of a follower.
   */
  export interface IOptions {
    /** Who asks; the follower does not own it. */
    readonly client: KernelClient;
    /** Whether something was missed that only a snapshot tells. */
    readonly isNeeded: () => boolean;
    /** What need not be told again. */
    readonly since: () => ISince | null;
  }
}
