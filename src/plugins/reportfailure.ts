import { Notification } from '@jupyterlab/apputils';

/**
 * Tell the user when the kernel did not do what was asked for, and why.
 *
 * @param message - what has failed, as a sentence.
 */
export async function reportFailure(
  request: Promise<unknown> | undefined,
  message: string
): Promise<void> {
  try {
    await request;
  } catch (error) {
    console.error(message, error);
    const reason = error instanceof Error ? error.message : String(error);
    Notification.error(`${message} ${reason}`);
  }
}
