import type { Kernel, KernelMessage } from '@jupyterlab/services';

import type { ISentCell } from '../tokens';

/**
 * The execution of a cell, as the page sees it.
 */
export type Execution = Kernel.IShellFuture<
  KernelMessage.IExecuteRequestMsg,
  KernelMessage.IExecuteReplyMsg
>;

/**
 * Remembers the cells that are on their way to a kernel, or running there.
 */
export class SentCells {
  /**
   * Remember a cell until the kernel has finished it.
   */
  add(kernelId: string, code: string, execution: Execution): void {
    const sent = this._sent.get(kernelId) ?? new Set<ISentCell>();
    const cell = { msgId: execution.msg.header.msg_id, code };
    this._sent.set(kernelId, sent.add(cell));
    const forget = () => {
      sent.delete(cell);
    };
    execution.done.then(forget, forget);
  }

  /**
   * The cells that a kernel has not finished, in the order in which they were sent.
   */
  of(kernelId: string): ISentCell[] {
    return [...(this._sent.get(kernelId) ?? [])];
  }

  private readonly _sent = new Map<string, Set<ISentCell>>();
}
