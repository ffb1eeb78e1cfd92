// What is imported here, the plugin needs when it is activated.
/* eslint-disable jupyter/prefer-lazy-imports */
import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ILayoutRestorer } from '@jupyterlab/application';
import type { ISessionContext } from '@jupyterlab/apputils';
import { PageConfig } from '@jupyterlab/coreutils';
import type { NotebookPanel } from '@jupyterlab/notebook';
import { INotebookTracker } from '@jupyterlab/notebook';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import type { TranslationBundle } from '@jupyterlab/translation';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import type { CommandRegistry } from '@lumino/commands';
import { JSONExt } from '@lumino/coreutils';

import type { IJob } from '../model/job';
import type { IKernelJobs } from '../tokens';
import { IJobs } from '../tokens';
import type { Scope } from '../view/listtools';
import { JobsPanel } from '../view/panel';
import type {
  INotebookJobs,
  IPanelActions,
  PanelSubject
} from '../view/panelview';
import { withKeys } from '../view/shortcuts';
import { IJobsPanel } from '../view/tokens';
import { CommandIDs } from './commandids';
import { currentJobs, kernelIdOf } from './currentkernel';
import { keysOf, rowShortcuts } from './keys';

/** After JupyterLab's own panels, which have 900 at most. */
export const PANEL_RANK = 950;

/**
 * The Jobs panel.
 */
const plugin: JupyterFrontEndPlugin<IJobsPanel | null> = {
  id: 'jupyterlab-jobs:panel',
  description: 'Lists the jobs of the current notebook in a sidebar.',
  autoStart: true,
  provides: IJobsPanel,
  requires: [IJobs, IRenderMimeRegistry],
  optional: [INotebookTracker, ILayoutRestorer, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    jobs: IJobs,
    rendermime: IRenderMimeRegistry,
    tracker: INotebookTracker | null,
    restorer: ILayoutRestorer | null,
    translator: ITranslator | null
  ): IJobsPanel | null => {
    if (!tracker || !isPageForNotebooks()) {
      return null;
    }
    const trans = (translator ?? nullTranslator).load('jupyterlab_jobs');
    const panel = new JobsPanel({
      actions: panelActions(app.commands, jobs, trans),
      rendermime,
      trans
    });
    followCurrentNotebook(panel, tracker, jobs);
    followNotebooks(panel, tracker, jobs);
    followKeys(panel, app.commands, trans);
    restorer?.add(panel, panel.id);
    app.shell.add(panel, 'right', { rank: PANEL_RANK, type: 'Jobs' });
    return panel;
  }
};

export default plugin;

/**
 * JupyterLab has one page for everything and does not name it; Notebook 7 has a
 * page for each kind of document.
 */
function isPageForNotebooks(): boolean {
  return ['', 'notebooks'].includes(PageConfig.getOption('notebookPage'));
}

function panelActions(
  commands: CommandRegistry,
  jobs: IJobs,
  trans: TranslationBundle
): IPanelActions {
  const execute = (command: string, job?: IJob): void => {
    const args = job ? { runtime: job.runtime, id: job.id } : {};
    void commands.execute(command, args);
  };
  const kernelOf = ({ runtime }: IJob): IKernelJobs => {
    const kernel = jobs.find(runtime);
    if (!kernel) {
      throw new Error(trans.__('The kernel is gone.'));
    }
    return kernel;
  };
  const executeFor = (command: string, scope: Scope): void => {
    void commands.execute(command, { everywhere: scope === 'all' });
  };
  return {
    kill: job => execute(CommandIDs.kill, job),
    startNow: job => execute(CommandIDs.startNow, job),
    killAll: scope => executeFor(CommandIDs.killAll, scope),
    clear: scope => executeFor(CommandIDs.clear, scope),
    goToLine: job => execute(CommandIDs.goToLine, job),
    variables: async job => kernelOf(job).variables(job.id),
    items: async (job, part) => kernelOf(job).items(job.id, part),
    goToCell: job => execute(CommandIDs.goToCell, job),
    saveOutput: job => execute(CommandIDs.saveOutput, job),
    rerun: job => execute(CommandIDs.rerun, job),
    remove: job => execute(CommandIDs.remove, job),
    land: job => execute(CommandIDs.land, job),
    copyTraceback: job => execute(CommandIDs.copyTraceback, job)
  };
}

/**
 * Let the panel show the jobs of the notebook in front, whatever becomes of its
 * kernel.
 */
function followCurrentNotebook(
  panel: JobsPanel,
  tracker: INotebookTracker,
  jobs: IJobs
): void {
  let context: ISessionContext | null = null;

  const update = () => {
    panel.subject = subjectOf(tracker, jobs);
  };
  const onNotebookChanged = () => {
    context?.kernelChanged.disconnect(update);
    context = tracker.currentWidget?.sessionContext ?? null;
    context?.kernelChanged.connect(update);
    update();
  };

  tracker.currentChanged.connect(onNotebookChanged);
  jobs.kernelsChanged.connect(update);
  onNotebookChanged();
}

/**
 * Tell the panel which kernels there are, and their notebooks' names.
 */
function followNotebooks(
  panel: JobsPanel,
  tracker: INotebookTracker,
  jobs: IJobs
): void {
  const update = () => {
    const names = new Map<string, string>();
    tracker.forEach(({ sessionContext, title }) => {
      const kernelId = kernelIdOf(sessionContext);
      if (kernelId !== null) {
        names.set(kernelId, title.label);
      }
    });
    const next = [...jobs.kernels].map((kernel): INotebookJobs => {
      // Another extension may follow a kernel that no notebook has.
      const name = names.get(kernel.kernelId) ?? kernel.kernelId;
      return { kernel, name };
    });
    if (!JSONExt.deepEqual(next.map(identity), panel.notebooks.map(identity))) {
      panel.notebooks = next;
    }
  };
  const identity = ({ kernel, name }: INotebookJobs) => [kernel.kernelId, name];
  const follow = (notebook: NotebookPanel) => {
    notebook.title.changed.connect(update);
    notebook.sessionContext.kernelChanged.connect(update);
  };
  tracker.forEach(follow);
  tracker.widgetAdded.connect((_, notebook) => follow(notebook));
  jobs.kernelsChanged.connect(update);
  update();
}

/**
 * Let tooltips name the keys, whatever the user has set.
 */
function followKeys(
  panel: JobsPanel,
  commands: CommandRegistry,
  trans: TranslationBundle
): void {
  const update = () => {
    panel.shortcuts = rowShortcuts(commands);
    panel.title.caption = withKeys(
      trans.__('Jobs'),
      keysOf(commands, CommandIDs.openPanel)
    );
  };
  commands.keyBindingChanged.connect((_, { binding }) => {
    if (binding.command.startsWith('jobs:')) {
      update();
    }
  });
  update();
}

function subjectOf(tracker: INotebookTracker, jobs: IJobs): PanelSubject {
  const notebook = tracker.currentWidget;
  if (!notebook) {
    return { kind: 'no-notebook' };
  }
  const kernel = currentJobs(tracker, jobs);
  if (kernel) {
    return { kind: 'kernel', kernel };
  }
  const hasKernel = Boolean(notebook.sessionContext.session?.kernel);
  return { kind: hasKernel ? 'connecting' : 'no-kernel' };
}
