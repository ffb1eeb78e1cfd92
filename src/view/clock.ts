import { DisposableDelegate } from '@lumino/disposable';
import type { IDisposable } from '@lumino/disposable';

/** Whole seconds are shown: more often than this nothing would change. */
const INTERVAL = 1000;

/**
 * One timer for everything on the page that counts seconds. It rests while
 * nobody listens, and while its owner is hidden.
 */
export class Clock {
  /**
   * Whether the clock may tick. Becoming active ticks at once, so that what was
   * hidden shows the present time.
   */
  get isActive(): boolean {
    return this._isActive;
  }
  set isActive(value: boolean) {
    if (this._isActive === value) {
      return;
    }
    this._isActive = value;
    this._updateTimer();
    if (value) {
      this._tick();
    }
  }

  /** How often the clock has ticked: changes with every tick. */
  get ticks(): number {
    return this._ticks;
  }

  /**
   * Call `listener` at every tick, until the returned handle is disposed.
   */
  onTick(listener: () => void): IDisposable {
    this._listeners.add(listener);
    this._updateTimer();
    return new DisposableDelegate(() => {
      this._listeners.delete(listener);
      this._updateTimer();
    });
  }

  private _updateTimer(): void {
    const isNeeded = this._isActive && this._listeners.size > 0;
    if (isNeeded && this._timer === null) {
      this._timer = window.setInterval(() => this._tick(), INTERVAL);
    } else if (!isNeeded && this._timer !== null) {
      window.clearInterval(this._timer);
      this._timer = null;
    }
  }

  private _tick(): void {
    this._ticks += 1;
    this._listeners.forEach(listener => listener());
  }

  private _isActive = true;
  private _ticks = 0;
  private _timer: number | null = null;
  private readonly _listeners = new Set<() => void>();
}
