import type { Kernel } from '@jupyterlab/services';
import { KernelAPI } from '@jupyterlab/services';

/**
 * Whether the server takes a kernel to be at work.
 *
 * #### Notes
 * A connection that was just opened does not know: a kernel that is busy does not
 * answer it, just as one that starts.
 */
export async function isBusy(
  kernel: Kernel.IKernelConnection
): Promise<boolean> {
  const model = await KernelAPI.getKernelModel(
    kernel.id,
    kernel.serverSettings
  );
  return model?.execution_state === 'busy';
}
