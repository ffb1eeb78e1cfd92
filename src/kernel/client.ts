import type { Kernel } from '@jupyterlab/services';
import { KernelMessage } from '@jupyterlab/services';
import type { IDisposable } from '@lumino/disposable';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import { parseMessage, parseReply } from './parsing';
import type { IRequests, JobsMessage, Method } from './protocol';
import { PROTOCOL_VERSION, REQUEST_TYPE } from './protocol';

/** How long a reply may take, in milliseconds. */
const TIMEOUT = 10_000;

/** How the Jupyter server begins to say that it drops messages. */
const DROP_NOTICE = /^\s*IOPub (message|data) rate exceeded/;

/**
 * Speaks the jobs protocol over one connection to a kernel.
 */
export class KernelClient implements IDisposable {
  constructor(options: KernelClient.IOptions) {
    this._kernel = options.kernel;
    this._kernel.iopubMessage.connect(this._onIOPubMessage, this);
  }

  /**
   * Emitted for everything that the runtime publishes.
   */
  get messageReceived(): ISignal<this, JobsMessage> {
    return this._messageReceived;
  }

  /**
   * Emitted when the server says that it drops what the kernel publishes.
   */
  get messagesDropped(): ISignal<this, void> {
    return this._messagesDropped;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  /**
   * Send a request over the control channel.
   *
   * @returns the result; rejected if the runtime refuses the request, if the kernel ends, or if
   * there is no answer: a kernel without a runtime gives none.
   */
  async request<M extends Method>(
    method: M,
    params: IRequests[M]['params']
  ): Promise<IRequests[M]['result']> {
    const future = this._kernel.sendControlMessage(
      this._createRequest(method, params),
      true
    );
    return parseReply(method, await this._replyTo(future, method));
  }

  dispose(): void {
    if (this.isDisposed) {
      return;
    }
    this._isDisposed = true;
    Signal.clearData(this);
  }

  /**
   * The content of the reply, as soon as it has come: the idle status that follows
   * it tells nothing.
   */
  private _replyTo(
    future: Kernel.IControlFuture,
    method: Method
  ): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(
          new Error(
            `The kernel has not answered "${method}" in ${TIMEOUT / 1000} s.`
          )
        );
        future.dispose();
      }, TIMEOUT);
      future.onReply = reply => {
        clearTimeout(timer);
        resolve(reply.content);
      };
      future.done.catch((error: Error) => {
        clearTimeout(timer);
        reject(error);
      });
    });
  }

  private _createRequest(
    method: Method,
    params: object
  ): KernelMessage.IControlMessage {
    const { clientId, username } = this._kernel;
    const request = {
      channel: 'control',
      msgType: REQUEST_TYPE,
      session: clientId,
      username,
      content: { version: PROTOCOL_VERSION, method, params }
    };
    // JupyterLab's types list the messages of Jupyter's own protocol only.
    return KernelMessage.createMessage(
      request as unknown as KernelMessage.IOptions<KernelMessage.IDebugRequestMsg>
    );
  }

  private _onIOPubMessage(
    _: Kernel.IKernelConnection,
    published: KernelMessage.IIOPubMessage
  ): void {
    if (
      KernelMessage.isStreamMsg(published) &&
      DROP_NOTICE.test(published.content.text)
    ) {
      this._messagesDropped.emit();
      return;
    }
    let message: JobsMessage | null;
    try {
      message = parseMessage(published);
    } catch (error) {
      if (!this._warned) {
        this._warned = true;
        console.warn('Failed to read a message about jobs.', error);
      }
      return;
    }
    if (message) {
      this._messageReceived.emit(message);
    }
  }

  private _isDisposed = false;
  private readonly _kernel: Kernel.IKernelConnection;
  private readonly _messageReceived = new Signal<this, JobsMessage>(this);
  private readonly _messagesDropped = new Signal<this, void>(this);
  private _warned = false;
}

/**
 * A namespace for `KernelClient` statics.
 */
export namespace KernelClient {
  /**
   * The options of a client.
   */
  export interface IOptions {
    /** The connection; the client does not own it. */
    readonly kernel: Kernel.IKernelConnection;
  }
}
