import { Token } from '@lumino/coreutils';
import type { Widget } from '@lumino/widgets';

/**
 * The Jobs panel.
 */
export interface IJobsPanel extends Widget {
  /**
   * Open the details of a job, and bring it into view, once the panel shows the
   * kernel that it belongs to.
   *
   * @param key - see `jobKey`.
   */
  reveal(key: string): void;
}

/**
 * The token for the Jobs panel. The service is null on pages that have no place
 * for it, such as Notebook 7's file browser.
 */
export const IJobsPanel = new Token<IJobsPanel | null>(
  'jupyterlab-jobs:IJobsPanel',
  'The panel that lists the jobs of the current notebook.'
);
