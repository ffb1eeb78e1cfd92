import type { Kernel } from '@jupyterlab/services';
import { KernelMessage } from '@jupyterlab/services';
import type { IDisposable } from '@lumino/disposable';
import { Signal } from '@lumino/signaling';

/**
 * Follows whether a kernel's main thread executes code.
 *
 * #### Notes
 * The connection's own status is not enough: JupyterLab 4.3 shows an idle kernel as soon as
 * any request over the control channel was answered, such as those of its debugger.
 */
export class MainThread implements IDisposable {
  constructor(kernel: Kernel.IKernelConnection) {
    this._kernel = kernel;
    kernel.iopubMessage.connect(this._onIOPubMessage, this);
    kernel.statusChanged.connect(this._onStatusChanged, this);
    kernel.connectionStatusChanged.connect(this._forget, this);
  }

  /**
   * Whether it is known to have nothing to do: after a reload, a kernel that is busy does
   * not tell.
   */
  get isIdle(): boolean {
    return this._kernel.status === 'idle' && !this._isExecuting;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    this._isDisposed = true;
    Signal.clearData(this);
  }

  private _onIOPubMessage(
    _: Kernel.IKernelConnection,
    message: KernelMessage.IIOPubMessage
  ): void {
    if (
      KernelMessage.isStatusMsg(message) &&
      'msg_type' in message.parent_header &&
      message.parent_header.msg_type === 'execute_request'
    ) {
      this._isExecuting = message.content.execution_state === 'busy';
    }
  }

  private _onStatusChanged(
    _: Kernel.IKernelConnection,
    status: KernelMessage.Status
  ): void {
    if (status !== 'idle' && status !== 'busy') {
      this._forget();
    }
  }

  /** What was told holds no longer. */
  private _forget(): void {
    this._isExecuting = false;
  }

  private _isDisposed = false;
  /** Whether the last that was told about an execute request is that it is carried out. */
  private _isExecuting = false;
  private readonly _kernel: Kernel.IKernelConnection;
}
