// What is imported here, the plugin needs when it is activated.
/* eslint-disable jupyter/prefer-lazy-imports */
// What is imported here, is needed at once when a kernel has ended.

import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { isCodeCellModel } from '@jupyterlab/cells';
import type { NotebookPanel } from '@jupyterlab/notebook';
import { INotebookTracker } from '@jupyterlab/notebook';

import type { IJob } from '../model/job';
import { hasEnded } from '../model/job';
import type { IJobsState, IKernelJobs } from '../tokens';
import { IJobs } from '../tokens';
import { lostRecord } from '../view/lostrecord';
import { kernelIdOf } from './currentkernel';

/**
 * Has the notebook say of a job that its kernel has ended: the kernel itself cannot. Only
 * what the page sees happen is written, so that opening a notebook does not change it.
 */
const plugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyterlab-jobs:lost-records',
  description: 'Writes into a notebook which jobs its kernel has lost.',
  autoStart: true,
  requires: [IJobs, INotebookTracker],
  activate: (_: JupyterFrontEnd, jobs: IJobs, tracker: INotebookTracker) => {
    const watch = (panel: NotebookPanel) => watchKernel(panel, jobs);
    tracker.forEach(watch);
    tracker.widgetAdded.connect((_, panel) => watch(panel));
  }
};

export default plugin;

function watchKernel(panel: NotebookPanel, jobs: IJobs): void {
  const { sessionContext } = panel;
  let kernel: IKernelJobs | null = null;
  let state: IJobsState | null = null;

  const onStateChanged = (_: IKernelJobs, next: IJobsState) => {
    const before = state;
    state = next;
    // The one change in which jobs are lost.
    if (before?.status.kind === 'ready' && next.status !== before.status) {
      writeLost(panel, newlyLost(before.jobs, next.jobs));
    }
  };
  const update = () => {
    const id = kernelIdOf(sessionContext);
    const next = id === null ? null : jobs.get(id);
    if (next !== kernel) {
      kernel?.stateChanged.disconnect(onStateChanged);
      kernel = next;
      state = next?.state ?? null;
      next?.stateChanged.connect(onStateChanged);
    }
  };

  jobs.kernelsChanged.connect(update);
  sessionContext.kernelChanged.connect(update);
  panel.disposed.connect(() => {
    jobs.kernelsChanged.disconnect(update);
    sessionContext.kernelChanged.disconnect(update);
    kernel?.stateChanged.disconnect(onStateChanged);
  });
  update();
}

function newlyLost(
  before: ReadonlyMap<string, IJob>,
  after: ReadonlyMap<string, IJob>
): ReadonlyMap<string, IJob> {
  return new Map(
    [...after].filter(([key, { state }]) => {
      const was = before.get(key)?.state;
      return state === 'lost' && was !== undefined && !hasEnded(was);
    })
  );
}

function writeLost(
  panel: NotebookPanel,
  lost: ReadonlyMap<string, IJob>
): void {
  if (lost.size === 0 || panel.isDisposed) {
    return;
  }
  for (const cell of panel.content.model?.cells ?? []) {
    if (isCodeCellModel(cell)) {
      const { outputs } = cell;
      for (let index = 0; index < outputs.length; index++) {
        const output = lostRecord(outputs.get(index).toJSON(), lost);
        if (output) {
          outputs.set(index, output);
        }
      }
    }
  }
}
