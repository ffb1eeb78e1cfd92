// What is imported here, the plugin needs when it is activated.

import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ILabStatus } from '@jupyterlab/application';
import { INotebookTracker } from '@jupyterlab/notebook';
import type { IDisposable } from '@lumino/disposable';

import { IJobs } from '../tokens';
import { countJobs } from '../view/counts';
import { kernelIdOf } from './currentkernel';
import { followAllJobs } from './followjobs';
import type { JobSettings } from './settings';
import { IJobSettings } from './settings';

/** What a tab has that tells how many jobs run: `data-jobs-running`. */
const RUNNING = 'jobs-running';

/**
 * Marks the tabs of notebooks whose jobs run, and the page's own.
 */
const plugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyterlab-jobs:marks',
  description: 'Marks the tabs of notebooks whose jobs run, and the page.',
  autoStart: true,
  requires: [IJobs, INotebookTracker, IJobSettings],
  optional: [ILabStatus],
  activate: (
    _: JupyterFrontEnd,
    jobs: IJobs,
    tracker: INotebookTracker,
    settings: JobSettings,
    status: ILabStatus | null
  ) => {
    let running: ReadonlyMap<string, number> = new Map();
    let busy: IDisposable | null = null;

    const update = () => {
      const shown = settings.markRunning ? running : new Map<string, number>();
      tracker.forEach(({ sessionContext, title }) => {
        const count = shown.get(kernelIdOf(sessionContext) ?? '');
        const text = count === undefined ? undefined : String(count);
        if (title.dataset[RUNNING] !== text) {
          const { [RUNNING]: _, ...rest } = title.dataset;
          title.dataset =
            text === undefined ? rest : { ...rest, [RUNNING]: text };
        }
      });
      // As while a cell is executed: the browser's tab says so, too.
      if (shown.size > 0) {
        busy ??= status?.setBusy() ?? null;
      } else {
        busy?.dispose();
        busy = null;
      }
    };
    followAllJobs(jobs, known => {
      const counts = new Map<string, number>();
      for (const [kernel, all] of known) {
        const alive = countJobs([all.values()]).running;
        if (alive > 0) {
          counts.set(kernel.kernelId, alive);
        }
      }
      running = counts;
      update();
    });
    settings.changed.connect(update);
    tracker.widgetAdded.connect((_, { sessionContext }) => {
      sessionContext.kernelChanged.connect(update);
    });
  }
};

export default plugin;
