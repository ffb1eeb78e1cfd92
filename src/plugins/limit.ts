// What is imported here, the plugin needs when it is activated.

import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ISettingRegistry } from '@jupyterlab/settingregistry';

import type { IKernelJobs } from '../tokens';
import { IJobs } from '../tokens';
import { JobSettings } from './settings';

/**
 * Tells the kernels how many jobs the user wants to run at once.
 */
const plugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyterlab-jobs:limit',
  description: 'Limits how many jobs run at once in a kernel.',
  autoStart: true,
  requires: [IJobs, ISettingRegistry],
  activate: (_: JupyterFrontEnd, jobs: IJobs, registry: ISettingRegistry) => {
    const settings = new JobSettings(registry);
    // What each kernel session was told. A new one has no limit.
    const told = new WeakMap<IKernelJobs, string>();
    const update = () => {
      for (const kernel of jobs.kernels) {
        tell(kernel, settings.maxRunning, told);
      }
    };
    settings.changed.connect(update);
    jobs.kernelsChanged.connect(update);
  }
};

export default plugin;

function tell(
  kernel: IKernelJobs,
  limit: number | null,
  told: WeakMap<IKernelJobs, string>
): void {
  const { status } = kernel.state;
  if (status.kind !== 'ready') {
    return;
  }
  const text = `${status.runtime} ${limit}`;
  if ((told.get(kernel) ?? `${status.runtime} null`) === text) {
    return;
  }
  told.set(kernel, text);
  kernel.setDefaultLimit(limit).catch(error => {
    console.warn('Failed to limit the jobs of a kernel.', error);
  });
}
