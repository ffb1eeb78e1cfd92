import type { Kernel, KernelMessage } from '@jupyterlab/services';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { IDisposable } from '@lumino/disposable';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import { isBusy } from '../kernel/busy';
import type { CarriedRuntime } from '../kernel/carried';
import type { KernelClient } from '../kernel/client';
import type { InstallResult, RuntimeInstaller } from '../kernel/installer';
import { isPython, languageOf } from '../kernel/language';
import { KernelLink } from '../kernel/link';
import type { ISnapshot, JobsMessage } from '../kernel/protocol';
import { refusalText } from '../kernel/refusaltext';
import type { SnapshotFollower } from '../kernel/snapshots';
import type { IJobsState, IKernelJobs, IPastJob } from '../tokens';
import type { IJob } from './job';
import { JobRequests } from './jobrequests';
import { isShownAnew, JobsStore, seconds } from './jobsstore';
import type { IModelState } from './reducer';

/**
 * How long after the server's notice to look for what it has dropped, in
 * milliseconds. It measures rates over a window of 3 s.
 */
const DROP_DELAY = 4_000;

/**
 * Follows the jobs of one kernel over one connection at a time.
 */
export class KernelJobs
  extends JobRequests
  implements IKernelJobs, IDisposable
{
  constructor(options: KernelJobs.IOptions) {
    super();
    this.kernelId = options.kernelId;
    this._runtime = options.runtime;
    this._trans = options.trans;
    this._isBusy = options.isBusy ?? isBusy;
    this._store.reduced.connect(this._onReduced, this);
  }

  readonly kernelId: string;

  get state(): IJobsState {
    return this._store.state;
  }

  get stateChanged(): ISignal<this, IJobsState> {
    return this._stateChanged;
  }

  get isIdle(): boolean {
    return this._link?.mainThread.isIdle ?? false;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  /**
   * The connection over which the kernel is followed.
   */
  get kernel(): Kernel.IKernelConnection | null {
    return this._link?.kernel ?? null;
  }
  set kernel(kernel: Kernel.IKernelConnection | null) {
    if (kernel === this.kernel) {
      return;
    }
    if (this._link) {
      const old = this._link;
      this._link = null;
      Signal.disconnectBetween(old.kernel, this);
      old.dispose();
    }
    if (kernel) {
      this._link = new KernelLink({
        kernel,
        runtime: this._runtime,
        trans: this._trans,
        isSnapshotNeeded: () => this._store.state.resync,
        since: () => {
          const { session } = this._store.state;
          return session && { runtime: session.runtime, seq: session.seq };
        }
      });
      const { client, installer, snapshots } = this._link;
      client.messageReceived.connect(this._onMessage, this);
      client.messagesDropped.connect(this._onMessagesDropped, this);
      installer.finished.connect(this._onInstalled, this);
      snapshots.received.connect(this._onSnapshot, this);
      snapshots.failed.connect(this._onSnapshotFailed, this);
      kernel.statusChanged.connect(this._onStatusChanged, this);
      kernel.connectionStatusChanged.connect(
        this._onConnectionStatusChanged,
        this
      );
      this._follow();
    }
  }

  /**
   * The kernel's language, where it is known at once.
   */
  set language(language: string) {
    this._language ??= language;
  }

  /**
   * Whether a runtime runs in this kernel.
   */
  has(runtime: string): boolean {
    return this._store.state.session?.runtime === runtime;
  }

  /**
   * Whether jobs of a runtime that is gone are or were listed here.
   */
  remembers(runtime: string): boolean {
    return this._store.state.former.includes(runtime);
  }

  /**
   * List jobs of earlier sessions too.
   */
  recall(past: readonly IPastJob[]): void {
    this._store.dispatch({ type: 'recalled', past });
  }

  /**
   * Send the runtime now, if it was not sent in this kernel session.
   *
   * @returns null, or when it was sent if it must be loaded first.
   */
  prepare(): Promise<void> | null {
    if (this._language === undefined) {
      this._follow();
      return null;
    }
    return isPython(this._language)
      ? (this._link?.installer.prepare() ?? null)
      : null;
  }

  now(): number {
    return seconds() + (this._store.state.session?.clockOffset ?? 0);
  }

  async clear(): Promise<void> {
    this._store.dispatch({ type: 'forgotten', key: null });
    if (this._store.state.session) {
      await this.client.request('clear', { jobs: null });
    }
  }

  async remove(job: IJob): Promise<void> {
    if (job.runtime === this._store.state.session?.runtime) {
      await this.client.request('clear', { jobs: [job.id] });
    } else {
      this._store.dispatch({ type: 'forgotten', key: job.key });
    }
  }

  /**
   * The kernel is gone, or out of reach for good: whatever had not ended is lost.
   */
  end(): void {
    const { session, status } = this._store.state;
    if (session || status.kind === 'connecting') {
      this._die(this._trans.__('The kernel is gone.'));
    }
  }

  dispose(): void {
    if (this.isDisposed) {
      return;
    }
    this._isDisposed = true;
    this.kernel = null;
    this._store.dispose();
    Signal.clearData(this);
  }

  /**
   * The client, for requests of the user's.
   */
  protected override get client(): KernelClient {
    if (!this._link || this._store.state.session === null) {
      throw new Error(this._trans.__('No jobs can run in this kernel now.'));
    }
    return this._link.client;
  }

  private _onReduced({ state }: JobsStore, before: IModelState): void {
    if (isShownAnew(before, state)) {
      this._stateChanged.emit(state);
    }
    this._link?.snapshots.catchUp();
  }

  /**
   * Begin to follow the kernel over the present connection.
   */
  private _follow(): void {
    this._bring().catch(error => {
      console.warn('Failed to bring the job runtime into a kernel.', error);
    });
  }

  /**
   * Bring the runtime into the kernel, or find it there.
   */
  private async _bring(): Promise<void> {
    const link = this._link;
    if (!link || link.installer.isSent) {
      return;
    }
    this._language ??= await languageOf(link.kernel);
    if (link !== this._link) {
      return;
    }
    if (!isPython(this._language)) {
      this._store.dispatch({
        type: 'unavailable',
        reason: this._trans.__(
          'Jobs need a Python kernel; this one runs %1.',
          this._language
        )
      });
      return;
    }
    if (link.kernel.connectionStatus !== 'connected') {
      // What is sent now would hold up the control channel as well: wait.
      return;
    }
    if (this._store.state.session) {
      // Another connection has followed it so far.
      this._store.dispatch({ type: 'interrupted' });
    } else if (await this._isBusyNow(link)) {
      // The request below waits for the main thread. If the page was reloaded, then the
      // runtime is there, and answers. A kernel that starts is not asked.
      link.snapshots.ask();
    }
    if (link === this._link) {
      link.installer.send();
    }
  }

  private async _isBusyNow({
    kernel,
    mainThread
  }: KernelLink): Promise<boolean> {
    try {
      return !mainThread.isIdle && (await this._isBusy(kernel));
    } catch {
      return false;
    }
  }

  private _onSnapshot(_: SnapshotFollower, snapshot: ISnapshot): void {
    this._store.dispatch({ type: 'snapshot', snapshot, at: seconds() });
  }

  private _onSnapshotFailed(snapshots: SnapshotFollower, error: unknown): void {
    if (!this._link || this._link.kernel.isDisposed) {
      return;
    }
    const reason = refusalText(error, this._trans);
    if (reason !== null && this._store.state.status.kind !== 'ready') {
      console.warn('A kernel has refused to tell its jobs.', error);
      this._store.dispatch({ type: 'unavailable', reason });
    } else if (snapshots.isExpected || this._store.state.resync) {
      console.warn('Failed to read the jobs of a kernel.', error);
      snapshots.retry();
    }
  }

  private _onInstalled(_: RuntimeInstaller, result: InstallResult): void {
    if (result.status === 'ready') {
      if (this._link) {
        this._link.snapshots.isExpected = true;
        this._link.snapshots.ask();
      }
    } else if (this._store.state.session === null) {
      this._store.dispatch({ type: 'unavailable', reason: result.reason });
    }
  }

  private _onMessage(_: KernelClient, message: JobsMessage): void {
    this._store.receive(message);
  }

  private _onMessagesDropped(): void {
    // The message that was dropped may have been the last one, which no gap tells.
    this._link?.snapshots.askLater(DROP_DELAY);
  }

  private _onStatusChanged(
    _: Kernel.IKernelConnection,
    status: KernelMessage.Status
  ): void {
    switch (status) {
      case 'restarting':
      case 'autorestarting':
        if (this._link) {
          this._link.wasConnected = false;
        }
        this._onRestarted();
        break;
      case 'starting':
        // Somebody else has restarted the kernel.
        if (this._store.state.session) {
          this._onRestarted();
        }
        break;
      case 'dead':
        this._die(this._trans.__('The kernel has died.'));
        break;
      default:
        break;
    }
  }

  private _die(reason: string): void {
    this._store.dispatch({ type: 'died', at: seconds(), reason });
  }

  private _onRestarted(): void {
    this._store.dispatch({ type: 'restarted', at: seconds() });
    this._link?.snapshots.renew();
    if (this._renewing) {
      return;
    }
    this._renewing = true;
    // The kernel connection drops what is waiting to be sent right after it has told
    // of the restart; what is sent then goes to the new session, before any cell.
    queueMicrotask(() => {
      this._renewing = false;
      this._link?.installer.renew();
      if (this._language === undefined) {
        this._follow();
      } else if (isPython(this._language)) {
        this._link?.installer.send();
      }
    });
  }

  private _onConnectionStatusChanged(
    _: Kernel.IKernelConnection,
    status: Kernel.ConnectionStatus
  ): void {
    const link = this._link;
    if (!link || status !== 'connected') {
      return;
    }
    if (link.wasConnected) {
      // The answer may be lost; or the kernel was restarted, and has no runtime.
      link.installer.renew();
    }
    link.wasConnected = true;
    this._follow();
  }

  private readonly _isBusy: (
    kernel: Kernel.IKernelConnection
  ) => Promise<boolean>;
  private _isDisposed = false;
  private _language: string | undefined;
  private _link: KernelLink | null = null;
  private _renewing = false;
  private readonly _runtime: CarriedRuntime;
  private readonly _stateChanged = new Signal<this, IJobsState>(this);
  private readonly _store = new JobsStore();
  private readonly _trans: TranslationBundle;
}

/**
 * A namespace for `KernelJobs` statics.
 */
export namespace KernelJobs {
  /**
   * The options of a kernel's jobs.
   */
  export interface IOptions {
    readonly kernelId: string;
    readonly runtime: CarriedRuntime;
    readonly trans: TranslationBundle;
    /** Whether a kernel is at work; by default, the server is asked. */
    readonly isBusy?: (kernel: Kernel.IKernelConnection) => Promise<boolean>;
  }
}
