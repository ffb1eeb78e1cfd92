import type { Kernel, KernelMessage } from '@jupyterlab/services';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { IDisposable } from '@lumino/disposable';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

/**
 * How bringing the runtime into a kernel has ended.
 */
export type InstallResult =
  | { readonly status: 'ready' }
  /** `reason` is a sentence for the user. */
  | { readonly status: 'unavailable'; readonly reason: string };

/** The name under which the request asks for the expression's value. */
const EXPRESSION = 'jupyterlab_jobs';

/**
 * Brings the runtime into a Python kernel, once per kernel session.
 *
 * #### Notes
 * The runtime travels in a silent execute request: requests of one connection
 * are carried out in their order, so it precedes every cell that is sent after it.
 */
export class RuntimeInstaller implements IDisposable {
  constructor(options: RuntimeInstaller.IOptions) {
    this._kernel = options.kernel;
    this._expression = options.expression;
    this._trans = options.trans;
  }

  /**
   * Emitted when the kernel has answered.
   */
  get finished(): ISignal<this, InstallResult> {
    return this._finished;
  }

  /**
   * Whether the request was sent in this kernel session.
   */
  get isSent(): boolean {
    return this._isSent;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  /**
   * Send the request, unless it was sent in this kernel session.
   */
  send(): void {
    if (this._isSent || this._kernel.isDisposed) {
      return;
    }
    this._isSent = true;
    const future = this._kernel.requestExecute({
      code: '',
      silent: true,
      store_history: false,
      stop_on_error: false,
      allow_stdin: false,
      user_expressions: { [EXPRESSION]: this._expression }
    });
    this._future = future;
    future.onReply = reply => {
      if (this._future === future) {
        this._onReply(reply.content);
      }
    };
    future.done.catch(() => {
      // The kernel or the connection has ended, and whoever follows it knows.
    });
  }

  /**
   * A new kernel session begins.
   */
  renew(): void {
    this._isSent = false;
    this._future = null;
  }

  dispose(): void {
    if (this.isDisposed) {
      return;
    }
    this._isDisposed = true;
    this._future = null;
    Signal.clearData(this);
  }

  private _onReply(content: KernelMessage.IExecuteReplyMsg['content']): void {
    switch (content.status) {
      case 'aborted':
        // A cell before it has failed, and took along what was waiting.
        this.renew();
        this.send();
        break;
      case 'ok':
        this._finished.emit(this._read(content.user_expressions?.[EXPRESSION]));
        break;
      case 'error':
        this._finished.emit(this._failed(content.ename, content.evalue));
        break;
    }
  }

  /**
   * Read the value of the expression.
   */
  private _read(value: unknown): InstallResult {
    const { status, ename, evalue, data } = fields(value);
    if (status === 'error') {
      return this._failed(String(ename), String(evalue));
    }
    const result = fields(fields(data)['application/json']);
    if (result.status === 'ready') {
      return { status: 'ready' };
    }
    return {
      status: 'unavailable',
      reason:
        typeof result.reason === 'string'
          ? result.reason
          : this._trans.__(
              'The kernel does not say whether jobs can run in it.'
            )
    };
  }

  private _failed(ename: string, evalue: string): InstallResult {
    return {
      status: 'unavailable',
      reason: this._trans.__(
        'The job runtime could not start in this kernel: %1',
        evalue ? `${ename}: ${evalue}` : ename
      )
    };
  }

  private readonly _expression: string;
  private readonly _finished = new Signal<this, InstallResult>(this);
  private _future: Kernel.IFuture<
    KernelMessage.IExecuteRequestMsg,
    KernelMessage.IExecuteReplyMsg
  > | null = null;
  private _isDisposed = false;
  private _isSent = false;
  private readonly _kernel: Kernel.IKernelConnection;
  private readonly _trans: TranslationBundle;
}

/**
 * A namespace for `RuntimeInstaller` statics.
 */
export namespace RuntimeInstaller {
  /**
   * The options of an installer.
   */
  export interface IOptions {
    /** The connection; the installer does not own it. */
    readonly kernel: Kernel.IKernelConnection;
    /** The expression that brings the runtime, as `installExpression` writes it. */
    readonly expression: string;
    readonly trans: TranslationBundle;
  }
}

/**
 * The fields of whatever has arrived; none if it is no object.
 */
function fields(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
    ? (value as Record<string, unknown>)
    : {};
}
