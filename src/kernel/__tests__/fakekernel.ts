import type { Kernel, KernelMessage } from '@jupyterlab/services';
import { Signal } from '@lumino/signaling';

import { CarriedRuntime } from '../carried';

/**
 * A request that was sent to a fake kernel.
 */
export class FakeFuture {
  constructor(
    readonly channel: 'shell' | 'control',
    readonly content: Record<string, unknown>,
    readonly msg: object
  ) {}

  onReply: (reply: object) => void = () => undefined;

  readonly done = new Promise<object>((resolve, reject) => {
    this._resolve = resolve;
    this._reject = reject;
  });

  isDisposed = false;

  /** Answer as the kernel does. */
  async reply(content: object): Promise<void> {
    this.onReply({ content });
    this._resolve({ content });
    await settled();
  }

  dispose(): void {
    this.isDisposed = true;
    this.done.catch(() => undefined);
    this._reject(new Error('Canceled future for a message'));
  }

  private _resolve!: (reply: object) => void;
  private _reject!: (error: Error) => void;
}

/**
 * As much of a kernel connection as the jobs need, without a kernel.
 */
export class FakeKernel {
  constructor(readonly id = 'kernel') {}

  readonly name = 'python3';
  readonly clientId = 'client';
  readonly username = '';
  readonly spec = Promise.resolve({ language: 'python' });
  readonly info = Promise.resolve({ language_info: { name: 'python' } });

  readonly statusChanged = new Signal<this, KernelMessage.Status>(this);
  readonly connectionStatusChanged = new Signal<this, Kernel.ConnectionStatus>(
    this
  );
  readonly iopubMessage = new Signal<this, object>(this);
  readonly disposed = new Signal<this, void>(this);

  status: KernelMessage.Status = 'idle';
  connectionStatus: Kernel.ConnectionStatus = 'connected';
  isDisposed = false;

  /** Everything that was sent, in its order. */
  readonly sent: FakeFuture[] = [];

  /** It, as what JupyterLab takes for a kernel connection. */
  get connection(): Kernel.IKernelConnection {
    return this as unknown as Kernel.IKernelConnection;
  }

  /** The control requests with this method. */
  requests(method: string): FakeFuture[] {
    return this.sent.filter(future => future.content.method === method);
  }

  /** The requests that bring the runtime. */
  get installs(): FakeFuture[] {
    return this.sent.filter(future => future.channel === 'shell');
  }

  sendControlMessage(msg: { content: Record<string, unknown> }): FakeFuture {
    return this._send(new FakeFuture('control', msg.content, msg));
  }

  requestExecute(content: Record<string, unknown>): FakeFuture {
    return this._send(new FakeFuture('shell', content, {}));
  }

  setStatus(status: KernelMessage.Status): void {
    this.status = status;
    this.statusChanged.emit(status);
  }

  setConnectionStatus(status: Kernel.ConnectionStatus): void {
    this.connectionStatus = status;
    this.connectionStatusChanged.emit(status);
  }

  /** Restart as a kernel connection does: what is waiting is dropped after the signal. */
  async restart(): Promise<void> {
    this.setStatus('restarting');
    this.sent.splice(0).forEach(future => future.dispose());
    await settled();
    this.setConnectionStatus('connecting');
    this.setStatus('unknown');
    this.setConnectionStatus('connected');
    await settled();
  }

  die(): void {
    this.setStatus('dead');
    this.dispose();
  }

  publish(
    msg_type: string,
    content: object,
    metadata: object = {},
    parent_header: object = {}
  ): void {
    this.iopubMessage.emit({
      header: { msg_type },
      parent_header,
      content,
      metadata
    });
  }

  dispose(): void {
    if (!this.isDisposed) {
      this.isDisposed = true;
      this.disposed.emit();
      this.sent.forEach(future => future.dispose());
      Signal.clearData(this);
    }
  }

  private _send(future: FakeFuture): FakeFuture {
    this.sent.push(future);
    return future;
  }
}

/** A runtime to be carried, as yet not loaded: `load` gives its files, or fails. */
export function carried(
  load: () => Promise<Record<string, string>> = () => Promise.resolve({})
): CarriedRuntime {
  const source = { version: '1.0', bootstrap: 'pass' };
  return new CarriedRuntime({ source, loadFiles: load });
}

/** The reply to the request that brings the runtime. */
export function installed(result: object): object {
  return {
    status: 'ok',
    user_expressions: {
      jupyterlab_jobs: {
        status: 'ok',
        data: { 'application/json': result, 'text/plain': '' }
      }
    }
  };
}

/** A reply that says ok. */
export function ok(result: object, runtime = 'r1'): object {
  return { version: 1, status: 'ok', runtime, result };
}

/** The result of a snapshot. */
export function snapshot(fields: object = {}): object {
  return {
    package: '1.0',
    seq: 0,
    now: 0,
    jobs: [],
    outputs: {},
    cells: {},
    ...fields
  };
}

/** A job's record, as the kernel writes it. */
export function record(id: number, fields: object = {}): object {
  return {
    id,
    name: `job ${id}`,
    state: 'running',
    code: `f(${id})`,
    cell_id: null,
    request: null,
    execution_count: null,
    backend: 'thread',
    place: null,
    lane: 'queue',
    submitted: id,
    started: id,
    ended: null,
    stopping_since: null,
    error: null,
    ...fields
  };
}

/** The content of an event. */
export function event(seq: number, fields: object = {}): object {
  return {
    version: 1,
    runtime: 'r1',
    seq,
    now: 0,
    jobs: [],
    removed: [],
    cells: {},
    removed_cells: [],
    ...fields
  };
}

/** Wait until all that needs no time has happened. */
export async function settled(): Promise<void> {
  for (let i = 0; i < 20; i++) {
    await Promise.resolve();
  }
}
