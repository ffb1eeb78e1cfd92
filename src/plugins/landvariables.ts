import { Notification } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';

import type { IFoundJob } from './findjob';

/**
 * Make what a job has assigned so far the notebook's, and say what that was.
 */
export async function landVariables(
  { job, kernel }: IFoundJob,
  trans: TranslationBundle
): Promise<void> {
  const names = await kernel.land(job.id);
  Notification.info(
    names.length > 0
      ? trans.__('Landed from job %1: %2', job.id, names.join(', '))
      : trans.__('Job %1 has no variables to land.', job.id),
    { autoClose: 5000 }
  );
}
