// What is imported here, the plugin needs when it is activated.
import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';

import type { IJobDefaults, IKernelJobs } from '../tokens';
import { IJobs } from '../tokens';
import type { JobSettings } from './settings';
import { IJobSettings, MAX_SHOWN } from './settings';

/** What a kernel session begins with. */
const INITIAL: IJobDefaults = {
  limit: null,
  backend: 'thread',
  shown: MAX_SHOWN
};

/**
 * Tells the kernels what the user has set for jobs.
 */
const plugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyterlab-jobs:defaults',
  description:
    'Tells kernels how many jobs run at once, where, and how much cells show.',
  autoStart: true,
  requires: [IJobs, IJobSettings],
  activate: (_: JupyterFrontEnd, jobs: IJobs, settings: JobSettings) => {
    // What each kernel session was told.
    const told = new WeakMap<IKernelJobs, string>();
    const update = () => {
      const defaults: IJobDefaults = {
        limit: settings.maxRunning,
        backend: settings.defaultBackend,
        shown: settings.outputShown
      };
      for (const kernel of jobs.kernels) {
        tell(kernel, defaults, told);
      }
    };
    settings.changed.connect(update);
    jobs.kernelsChanged.connect(update);
  }
};

export default plugin;

function tell(
  kernel: IKernelJobs,
  defaults: IJobDefaults,
  told: WeakMap<IKernelJobs, string>
): void {
  const { status } = kernel.state;
  if (status.kind !== 'ready') {
    return;
  }
  const { runtime } = status;
  const text = JSON.stringify([runtime, defaults]);
  if ((told.get(kernel) ?? JSON.stringify([runtime, INITIAL])) === text) {
    return;
  }
  told.set(kernel, text);
  kernel.configure(defaults).catch(error => {
    console.warn('Failed to tell a kernel the settings of jobs.', error);
  });
}
