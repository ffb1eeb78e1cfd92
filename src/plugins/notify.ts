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

const MAX_NAME_LENGTH = 60;

/**
 * Tells the user of the end of the jobs that were started with `--notify`: those that the
 * page sees end, so that no reload tells it again.
 */
const plugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyterlab-jobs:notify',
  description: 'Tells when a job has ended, if it was started with --notify.',
  autoStart: true,
  requires: [IJobs],
  optional: [ITranslator],
  activate: (
    app: JupyterFrontEnd,
    jobs: IJobs,
    translator: ITranslator | null
  ) => {
    const trans = (translator ?? nullTranslator).load('jupyterlab_jobs');
    const watched = new WeakSet<IKernelJobs>();
    const update = () => {
      for (const kernel of jobs.kernels) {
        if (!watched.has(kernel)) {
          watched.add(kernel);
          watch(kernel, job => notify(job, app, trans));
        }
      }
    };
    jobs.kernelsChanged.connect(update);
    update();
  }
};

export default plugin;

function watch(kernel: IKernelJobs, onEnd: (job: IJob) => void): void {
  let { jobs } = kernel.state;
  kernel.stateChanged.connect((_, next: IJobsState) => {
    const before = jobs;
    jobs = next.jobs;
    if (jobs === before) {
      return;
    }
    for (const [key, job] of jobs) {
      const was = before.get(key);
      if (job.notify && was && !hasEnded(was.state) && hasEnded(job.state)) {
        onEnd(job);
      }
    }
  });
}

function notify(
  job: IJob,
  app: JupyterFrontEnd,
  trans: TranslationBundle
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
  Notification.emit(message, job.state === 'finished' ? 'success' : 'error', {
    autoClose: false,
    actions: [
      {
        label: trans.__('Show'),
        callback: () => {
          void app.commands.execute(CommandIDs.openPanel, { runtime, id });
        }
      }
    ]
  });
}
