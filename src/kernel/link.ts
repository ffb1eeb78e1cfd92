import type { Kernel } from '@jupyterlab/services';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { IDisposable } from '@lumino/disposable';

import type { CarriedRuntime } from './carried';
import { KernelClient } from './client';
import { RuntimeInstaller } from './installer';
import { MainThread } from './mainthread';
import type { ISince } from './protocol';
import { SnapshotFollower } from './snapshots';

/**
 * A connection to a kernel, and who speaks over it.
 */
export class KernelLink implements IDisposable {
  constructor(options: KernelLink.IOptions) {
    const { kernel, isSnapshotNeeded, since } = options;
    this.kernel = kernel;
    this.client = new KernelClient({ kernel });
    this.mainThread = new MainThread(kernel);
    this.installer = new RuntimeInstaller(options);
    this.snapshots = new SnapshotFollower({
      client: this.client,
      isNeeded: isSnapshotNeeded,
      since
    });
    this.wasConnected = kernel.connectionStatus === 'connected';
  }

  readonly kernel: Kernel.IKernelConnection;
  readonly client: KernelClient;
  readonly mainThread: MainThread;
  readonly installer: RuntimeInstaller;
  readonly snapshots: SnapshotFollower;

  /** Whether the next connecting is one more, in the same kernel session. */
  wasConnected: boolean;

  get isDisposed(): boolean {
    return this.client.isDisposed;
  }

  dispose(): void {
    this.snapshots.dispose();
    this.installer.dispose();
    this.mainThread.dispose();
    this.client.dispose();
  }
}

/**
 * A namespace for `KernelLink` statics.
 */
export namespace KernelLink {
  /**
   * The options of a link.
   */
  export interface IOptions {
    /** The connection; the link does not own it. */
    readonly kernel: Kernel.IKernelConnection;
    readonly runtime: CarriedRuntime;
    readonly trans: TranslationBundle;
    /** Whether something was missed that only a snapshot tells. */
    readonly isSnapshotNeeded: () => boolean;
    /** What a snapshot need not tell again. */
    readonly since: () => ISince | null;
  }
}
