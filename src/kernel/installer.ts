import type { Kernel, KernelMessage } from '@jupyterlab/services';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { IDisposable } from '@lumino/disposable';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import type { CarriedRuntime } from './carried';

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
 * The kernel is first asked to start a copy of its own; its source follows where
 * there is none, or where a cell cannot wait for the answer.
 */
export class RuntimeInstaller implements IDisposable {
  constructor(options: RuntimeInstaller.IOptions) {
    this._kernel = options.kernel;
    this._runtime = options.runtime;
    this._trans = options.trans;
  }

  /**
   * Emitted when the kernel has answered.
   */
  get finished(): ISignal<this, InstallResult> {
    return this._finished;
  }

  /**
   * Whether something was sent in this kernel session.
   */
  get isSent(): boolean {
    return this._isSent;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  /**
   * Have the kernel start the runtime, unless it was told to in this session.
   */
  send(): void {
    if (this._isSent || this._kernel.isDisposed) {
      return;
    }
    const { installExpression, startExpression } = this._runtime;
    if (this._isMissing && installExpression !== null) {
      this._sendAll(installExpression);
    } else {
      this._request(startExpression);
    }
  }

  /**
   * Have everything sent that the kernel may need, before whatever is sent next.
   *
   * @returns null if that is done; else when it is, which it tells as soon as it can.
   */
  prepare(): Promise<void> | null {
    if (this._isComplete || this._kernel.isDisposed) {
      return null;
    }
    const { installExpression } = this._runtime;
    if (installExpression === null) {
      this.send();
      return this._complete();
    }
    this._sendAll(installExpression);
    return null;
  }

  /**
   * A new kernel session begins.
   */
  renew(): void {
    this._isSent = false;
    this._isComplete = false;
    this._future = null;
    this._session += 1;
  }

  dispose(): void {
    if (this.isDisposed) {
      return;
    }
    this._isDisposed = true;
    this._future = null;
    Signal.clearData(this);
  }

  /**
   * Load the source, and send it if it is still of use.
   */
  private async _complete(): Promise<void> {
    const session = this._session;
    await this._runtime.load();
    if (session !== this._session) {
      // The kernel was restarted meanwhile.
      await this.prepare();
      return;
    }
    const { installExpression } = this._runtime;
    if (
      this.isDisposed ||
      this._kernel.isDisposed ||
      this._isComplete ||
      installExpression === null
    ) {
      return;
    }
    this._sendAll(installExpression);
  }

  private _sendAll(installExpression: string): void {
    this._isComplete = true;
    this._request(installExpression);
  }

  private _request(expression: string): void {
    this._isSent = true;
    const future = this._kernel.requestExecute({
      code: '',
      silent: true,
      store_history: false,
      stop_on_error: false,
      allow_stdin: false,
      user_expressions: { [EXPRESSION]: expression }
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

  private _onReply(content: KernelMessage.IExecuteReplyMsg['content']): void {
    switch (content.status) {
      case 'aborted':
        // A cell before it has failed, and took along what was waiting.
        this.renew();
        this.send();
        break;
      case 'ok':
        this._onAnswer(this._read(content.user_expressions?.[EXPRESSION]));
        break;
      case 'error':
        this._onAnswer(this._failed(content.ename, content.evalue));
        break;
    }
  }

  private _onAnswer(answer: InstallResult | 'missing'): void {
    if (answer !== 'missing') {
      this._isComplete = true;
      this._finished.emit(answer);
      return;
    }
    this._isMissing = true;
    const session = this._session;
    void this._complete().then(() => {
      if (session === this._session && !this._isComplete) {
        this._finished.emit({
          status: 'unavailable',
          reason: this._trans.__(
            'The job runtime could not be loaded from the server. Reload the page to try again.'
          )
        });
      }
    });
  }

  /**
   * Read the value of the expression.
   */
  private _read(value: unknown): InstallResult | 'missing' {
    const { status, ename, evalue, data } = fields(value);
    if (status === 'error') {
      return this._failed(String(ename), String(evalue));
    }
    const result = fields(fields(data)['application/json']);
    if (result.status === 'ready') {
      return { status: 'ready' };
    }
    if (result.status === 'missing') {
      return 'missing';
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

  private readonly _finished = new Signal<this, InstallResult>(this);
  private _future: Kernel.IFuture<
    KernelMessage.IExecuteRequestMsg,
    KernelMessage.IExecuteReplyMsg
  > | null = null;
  private _isDisposed = false;
  /** Nothing more is to be sent in this session. */
  private _isComplete = false;
  /** The kernel has no copy of its own. */
  private _isMissing = false;
  private _isSent = false;
  private readonly _kernel: Kernel.IKernelConnection;
  private readonly _runtime: CarriedRuntime;
  /** Counts the kernel's sessions. */
  private _session = 0;
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
    readonly runtime: CarriedRuntime;
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
