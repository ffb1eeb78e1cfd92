import type { Kernel } from '@jupyterlab/services';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { IDisposable } from '@lumino/disposable';
import { DisposableDelegate } from '@lumino/disposable';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import type { CarriedRuntime } from '../kernel/carried';
import type { IJobs, IKernelJobs, IPastJob, RuntimeStatus } from '../tokens';
import { KernelJobs } from './kerneljobs';

/**
 * Follows the jobs of every kernel that somebody attaches.
 *
 * #### Notes
 * Two notebooks may share a kernel, each with a connection of its own. The kernel
 * is followed over the oldest one that lives.
 */
export class JobsManager implements IJobs, IDisposable {
  constructor(options: JobsManager.IOptions) {
    this._options = options;
  }

  get kernels(): Iterable<IKernelJobs> {
    return [...this._entries.values()].map(entry => entry.jobs);
  }

  get kernelsChanged(): ISignal<this, void> {
    return this._kernelsChanged;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  attach(kernel: Kernel.IKernelConnection, language?: string): IDisposable {
    const entry = this._entries.get(kernel.id) ?? this._add(kernel.id);
    const attachment: IAttachment = { kernel };
    entry.attachments.add(attachment);
    kernel.disposed.connect(this._onKernelDisposed, this);
    if (language !== undefined) {
      entry.jobs.language = language;
    }
    this._choose(entry);
    return new DisposableDelegate(() => {
      entry.attachments.delete(attachment);
      this._choose(entry);
    });
  }

  prepare(
    kernel: Kernel.IKernelConnection,
    language?: string
  ): IKernelJobs | Promise<IKernelJobs> {
    const known = this._entries.get(kernel.id);
    if (!known || !isAttached(known, kernel)) {
      const handle = this.attach(kernel, language);
      kernel.disposed.connect(() => handle.dispose());
    }
    // Either it was there, or it was attached right now.
    const { jobs } = this._entries.get(kernel.id)!;
    if (language !== undefined) {
      jobs.language = language;
    }
    const pending = jobs.prepare();
    return pending ? pending.then(() => jobs) : jobs;
  }

  load(): Promise<void> {
    return this._options.runtime.load();
  }

  get(kernelId: string): IKernelJobs | null {
    return this._entries.get(kernelId)?.jobs ?? null;
  }

  find(runtime: string): IKernelJobs | null {
    const all = [...this._entries.values()].map(({ jobs }) => jobs);
    return (
      all.find(jobs => jobs.has(runtime)) ??
      all.find(jobs => jobs.remembers(runtime)) ??
      null
    );
  }

  recall(kernelId: string, past: readonly IPastJob[]): void {
    this._entries.get(kernelId)?.jobs.recall(past);
    // Where a runtime's jobs are is another now.
    this._kernelsChanged.emit();
  }

  dispose(): void {
    if (this.isDisposed) {
      return;
    }
    this._isDisposed = true;
    for (const { jobs } of this._entries.values()) {
      jobs.dispose();
    }
    this._entries.clear();
    Signal.clearData(this);
  }

  private _add(kernelId: string): IEntry {
    const { runtime, trans } = this._options;
    const jobs = new KernelJobs({ kernelId, runtime, trans });
    const entry = { jobs, attachments: new Set<IAttachment>() };
    this._entries.set(kernelId, entry);
    let status: RuntimeStatus = jobs.state.status;
    jobs.stateChanged.connect((_, state) => {
      if (state.status !== status) {
        status = state.status;
        this._kernelsChanged.emit();
      }
    });
    this._kernelsChanged.emit();
    return entry;
  }

  /**
   * Choose the connection over which a kernel is followed, if there still is one.
   */
  private _choose(entry: IEntry): void {
    const { jobs, attachments } = entry;
    const connections = [...attachments].map(({ kernel }) => kernel);
    const alive = connections.find(kernel => !kernel.isDisposed);
    jobs.kernel = alive ?? null;
    if (alive || this._entries.get(jobs.kernelId) !== entry) {
      return;
    }
    if (attachments.size > 0) {
      // It has died, or was shut down, or another has taken its place. It stays until
      // nobody holds it: what was lost is still shown.
      jobs.end();
    } else {
      this._entries.delete(jobs.kernelId);
      jobs.dispose();
      this._kernelsChanged.emit();
    }
  }

  private _onKernelDisposed(kernel: Kernel.IKernelConnection): void {
    const entry = this._entries.get(kernel.id);
    if (entry) {
      this._choose(entry);
    }
  }

  private readonly _entries = new Map<string, IEntry>();
  private _isDisposed = false;
  private readonly _kernelsChanged = new Signal<this, void>(this);
  private readonly _options: JobsManager.IOptions;
}

/**
 * A namespace for `JobsManager` statics.
 */
export namespace JobsManager {
  /**
   * The options of a manager.
   */
  export interface IOptions {
    readonly runtime: CarriedRuntime;
    readonly trans: TranslationBundle;
  }
}

/**
 * One wish to follow a kernel: the same connection may be attached twice.
 */
interface IAttachment {
  readonly kernel: Kernel.IKernelConnection;
}

interface IEntry {
  readonly jobs: KernelJobs;
  readonly attachments: Set<IAttachment>;
}

function isAttached(entry: IEntry, kernel: Kernel.IKernelConnection): boolean {
  return [...entry.attachments].some(
    attachment => attachment.kernel === kernel
  );
}
