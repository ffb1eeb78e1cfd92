import type { IDisposable } from '@lumino/disposable';
import { Signal } from '@lumino/signaling';

import type { IJobs, IJobsState, IKernelJobs } from '../tokens';
import type { History, IRemembered } from './history';
import { asPast } from './history';
import type { HistoryStore } from './historystore';
import type { IJob } from './job';
import { EMPTY_LOG } from './outputlog';

/** How long after a job began or ended it is stored, in milliseconds. */
export const STATE_DELAY = 500;

/** How long after a job has written that is stored: what is stored is sent as a whole. */
export const OUTPUT_DELAY = 30_000;

/**
 * Keeps the history of one notebook: stores what becomes of the jobs of its kernel, and
 * brings those of earlier kernel sessions back.
 */
export class HistoryKeeper implements IDisposable {
  constructor(options: HistoryKeeper.IOptions) {
    this._jobs = options.jobs;
    this._store = options.store;
    this._path = options.path;
    this._jobs.kernelsChanged.connect(this._update, this);
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  /**
   * Where the notebook is, or null while it has no file. Its history moves with it.
   */
  get path(): string | null {
    return this._path;
  }
  set path(path: string | null) {
    if (path === this._path) {
      return;
    }
    if (this._path !== null && path !== null) {
      void this._store.rename(this._path, path);
    }
    this._path = path;
    this.flush();
  }

  /**
   * The kernel of the notebook, or the last one.
   */
  get kernelId(): string | null {
    return this._kernelId;
  }
  set kernelId(id: string | null) {
    this._kernelId = id;
    this._update();
  }

  /**
   * Store what is not stored yet.
   *
   * @param isLast - whether the page may be about to go.
   */
  flush(isLast = false): void {
    clearTimeout(this._timer);
    this._timer = undefined;
    if (!this._kernel || this._path === null) {
      return;
    }
    const history = this._history(this._kernel);
    const forgotten = [...this._known].filter(key => !history.has(key));
    this._known = new Set(history.keys());
    void this._store.write(this._path, history, new Set(forgotten), isLast);
  }

  dispose(): void {
    if (this.isDisposed) {
      return;
    }
    this._isDisposed = true;
    this._leave();
    Signal.clearData(this);
  }

  /**
   * Follow the kernel that is the notebook's now.
   */
  private _update(): void {
    const id = this._kernelId;
    const kernel = id === null ? null : this._jobs.get(id);
    if (kernel === this._kernel) {
      if (kernel) {
        this._recallWaiting(kernel);
      }
      return;
    }
    this._leave();
    this._kernel = kernel;
    if (kernel) {
      this._state = kernel.state;
      kernel.stateChanged.connect(this._onStateChanged, this);
      void this._recall(kernel);
    }
  }

  private _leave(): void {
    this.flush();
    this._kernel?.stateChanged.disconnect(this._onStateChanged, this);
    this._kernel = null;
    this._waiting = [];
    this._left = this._known;
    this._known = new Set();
  }

  private _onStateChanged(kernel: IKernelJobs, state: IJobsState): void {
    const before = this._state;
    this._state = state;
    this._recallWaiting(kernel);
    if (before?.status.kind === 'ready' && before.status !== state.status) {
      // The kernel has ended: what it ran is lost, and the page may go any time.
      this.flush();
    } else {
      const isOutput = before && hasSameStates(before.jobs, state.jobs);
      this._flushLater(isOutput ? OUTPUT_DELAY : STATE_DELAY);
    }
  }

  private _flushLater(delay: number): void {
    const due = Date.now() + delay;
    if (this._timer === undefined || due < this._due) {
      clearTimeout(this._timer);
      this._due = due;
      this._timer = setTimeout(() => this.flush(), delay);
    }
  }

  /**
   * Bring back what is stored.
   */
  private async _recall(kernel: IKernelJobs): Promise<void> {
    if (this._path === null) {
      return;
    }
    const history = await this._store.read(this._path);
    if (kernel !== this._kernel) {
      return;
    }
    this._waiting = [...history.values()];
    this._recallWaiting(kernel);
  }

  private _recallWaiting(kernel: IKernelJobs): void {
    const over = this._waiting.filter(entry => this._isOver(entry));
    if (over.length === 0) {
      return;
    }
    this._waiting = this._waiting.filter(entry => !over.includes(entry));
    const past = over.map(entry => {
      const { key } = entry.job;
      this._known.add(key);
      this._kernelIds.set(key, entry.kernelId);
      // What was seen alive has ended right now; nobody saw when anything else did.
      return asPast(entry, this._left.has(key) ? Date.now() / 1000 : null);
    });
    this._jobs.recall(kernel.kernelId, past);
  }

  /**
   * Whether the kernel session of a job is known to be over: of the kernel itself, or of
   * one that another notebook still uses, only its runtime tells.
   */
  private _isOver({ kernelId, job }: IRemembered): boolean {
    const status = this._jobs.get(kernelId)?.state.status;
    return !(
      status?.kind === 'connecting' ||
      (status?.kind === 'ready' && status.runtime === job.runtime)
    );
  }

  private _history({ kernelId, state }: IKernelJobs): History {
    return new Map(
      [...state.jobs].map(([key, job]) => [
        key,
        {
          job,
          log: state.outputs.get(key) ?? EMPTY_LOG,
          kernelId: this._kernelIds.get(key) ?? kernelId
        }
      ])
    );
  }

  private _due = 0;
  private _isDisposed = false;
  private readonly _jobs: IJobs;
  private _kernel: IKernelJobs | null = null;
  private _kernelId: string | null = null;
  /** The kernels of jobs that were recalled. */
  private readonly _kernelIds = new Map<string, string>();
  /** The keys of the jobs that were there when last looked: what is missing was cleared. */
  private _known = new Set<string>();
  /** The keys of the jobs of the kernel that the notebook had before. */
  private _left: ReadonlySet<string> = new Set();
  private _path: string | null;
  private _state: IJobsState | null = null;
  private readonly _store: HistoryStore;
  private _timer: ReturnType<typeof setTimeout> | undefined;
  /** What is stored, as long as it is not certain that it is over. */
  private _waiting: readonly IRemembered[] = [];
}

/**
 * A namespace for `HistoryKeeper` statics.
 */
export namespace HistoryKeeper {
  /**
   * The options of a keeper.
   */
  export interface IOptions {
    readonly jobs: IJobs;
    readonly store: HistoryStore;
    /** Where the notebook is. */
    readonly path: string;
  }
}

function hasSameStates(
  before: ReadonlyMap<string, IJob>,
  after: ReadonlyMap<string, IJob>
): boolean {
  return (
    before.size === after.size &&
    [...after.values()].every(
      ({ key, state }) => before.get(key)?.state === state
    )
  );
}
