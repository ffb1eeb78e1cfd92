import type { Kernel, KernelMessage } from '@jupyterlab/services';

/** What makes a job of a cell's code, without a line of the cell's counted. */
export const AS_JOB = '%%job --as-cell\n';

/**
 * Have other code sent for a cell than that which stands in it.
 *
 * @param run - what runs the cell; it must have sent the request when it returns.
 *
 * #### Notes
 * JupyterLab's `CodeCell.execute` does all that belongs to the execution of a cell,
 * prompt, timing and metadata, and always sends the cell's own code: so the
 * connection changes it on the way.
 */
export function sentInstead<T>(
  kernel: Kernel.IKernelConnection,
  code: string,
  run: () => T
): T {
  const own = Object.getOwnPropertyDescriptor(kernel, 'requestExecute');
  const original = kernel.requestExecute.bind(kernel);
  kernel.requestExecute = (
    content: KernelMessage.IExecuteRequestMsg['content'],
    ...rest
  ) => original({ ...content, code }, ...rest);
  try {
    return run();
  } finally {
    if (own) {
      Object.defineProperty(kernel, 'requestExecute', own);
    } else {
      delete (kernel as Partial<Kernel.IKernelConnection>).requestExecute;
    }
  }
}
