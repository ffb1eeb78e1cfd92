import type { Kernel } from '@jupyterlab/services';
import { KernelAPI } from '@jupyterlab/services';

/**
 * Whether a kernel is at work.
 *
 * #### Notes
 * A connection that was just opened does not know: a kernel that is busy does not
 * answer it, just as one that starts. The server knows.
 */
export async function isBusy(
  kernel: Kernel.IKernelConnection
): Promise<boolean> {
  if (kernel.status === 'idle') {
    return false;
  }
  const model = await KernelAPI.getKernelModel(
    kernel.id,
    kernel.serverSettings
  );
  return model?.execution_state === 'busy';
}
