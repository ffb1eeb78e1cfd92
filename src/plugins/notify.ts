// What is imported here, the plugin needs when it is activated.

import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { Notification } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import type { IJob } from '../model/job';
import { hasEnded } from '../model/job';
import type { IJobsState, IKernelJobs } from '../tokens';
import { IJobs } from '../tokens';
import { stateText } from '../view/statetext';
import { CommandIDs } from './commandids';
import type { NotifyPolicy } from './settings';
import type { JobSettings } from './settings';
import { IJobSettings } from './settings';

const MAX_NAME_LENGTH = 60;

/**
 * Tells the user of the end of jobs: of those that were started with `--notify`, or as
 * the settings say. Only of ends that the page sees, so that no reload tells it again.
 */
const plugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyterlab-jobs:notify',
  description: 'Tells when a job has ended.',
  autoStart: true,
  requires: [IJobs, IJobSettings],
  optional: [ITranslator],
  activate: (
    app: JupyterFrontEnd,
    jobs: IJobs,
    settings: JobSettings,
    translator: ITranslator | null
  ) => {
    const trans = (translator ?? nullTranslator).load('jupyterlab_jobs');
    settings.changed.connect(() => {
      if (settings.desktopNotifications) {
        askPermission();
      }
    });
    const onBegin = (job: IJob) => {
      if (job.notify) {
        askPermission();
      }
    };
    const onEnd = (job: IJob) => {
      if (isWanted(job, settings.notify)) {
        const onDesktop = job.notify || settings.desktopNotifications;
        notify(job, app, trans, onDesktop);
      }
    };
    const watched = new WeakSet<IKernelJobs>();
    const update = () => {
      for (const kernel of jobs.kernels) {
        if (!watched.has(kernel)) {
          watched.add(kernel);
          watch(kernel, onBegin, onEnd);
        }
      }
    };
    jobs.kernelsChanged.connect(update);
    update();
  }
};

export default plugin;

function watch(
  kernel: IKernelJobs,
  onBegin: (job: IJob) => void,
  onEnd: (job: IJob) => void
): void {
  let last = kernel.state;
  kernel.stateChanged.connect((_, next: IJobsState) => {
    const { jobs: before, status } = last;
    last = next;
    if (next.jobs === before) {
      return;
    }
    for (const [key, job] of next.jobs) {
      const was = before.get(key);
      // Jobs that had ended when the page came to know the kernel are nothing new.
      const isNew =
        !was && status.kind === 'ready' && status.runtime === job.runtime;
      if (was ? hasEnded(was.state) : !isNew) {
        continue;
      }
      if (hasEnded(job.state)) {
        onEnd(job);
      } else if (!was) {
        onBegin(job);
      }
    }
  });
}

function isWanted(job: IJob, policy: NotifyPolicy): boolean {
  return (
    job.notify ||
    policy === 'all' ||
    (policy === 'failed' && job.state === 'failed')
  );
}

function askPermission(): void {
  if (window.Notification?.permission === 'default') {
    void window.Notification.requestPermission();
  }
}

function notify(
  job: IJob,
  app: JupyterFrontEnd,
  trans: TranslationBundle,
  onDesktop: boolean
): void {
  const name =
    job.name.length > MAX_NAME_LENGTH
      ? `${job.name.slice(0, MAX_NAME_LENGTH - 1)}…`
      : job.name;
  const message = trans.__(
    'Job %1 %2: %3',
    job.id,
    stateText(job, trans),
    name
  );
  const { runtime, id } = job;
  const show = () => {
    void app.commands.execute(CommandIDs.openPanel, { runtime, id });
  };
  if (
    onDesktop &&
    document.hidden &&
    window.Notification?.permission === 'granted'
  ) {
    const shown = new window.Notification(message);
    shown.onclick = () => {
      window.focus();
      show();
    };
  }
  Notification.emit(message, job.state === 'finished' ? 'success' : 'error', {
    autoClose: false,
    actions: [
      { label: trans.__('Show'), callback: show },
      ...(job.error
        ? [
            {
              label: trans.__('Copy traceback'),
              callback: () =>
                void app.commands.execute(CommandIDs.copyTraceback, {
                  runtime,
                  id
                })
            }
          ]
        : [])
    ]
  });
}
