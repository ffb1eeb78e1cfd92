// What is imported here, the plugin needs when it is activated.
/* eslint-disable jupyter/prefer-lazy-imports */
import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { IJobs } from '../tokens';
import { BadgeRenderer } from '../view/badgerenderer';
import { Clock } from '../view/clock';
import { JOB_RECORD_MIME_TYPE } from '../view/record';
import { CommandIDs } from './commandids';

/** Lower is preferred: before everything that may be displayed beside it. */
const RANK = 0;

/**
 * Draws the badge under the cell of a job.
 */
const plugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyterlab-jobs:badge',
  description: 'Shows the state of a job under its cell.',
  autoStart: true,
  requires: [IJobs, IRenderMimeRegistry],
  optional: [ITranslator],
  activate: (
    app: JupyterFrontEnd,
    jobs: IJobs,
    rendermime: IRenderMimeRegistry,
    translator: ITranslator | null
  ): void => {
    const { commands } = app;
    const options: BadgeRenderer.IOptions = {
      jobs,
      clock: new Clock(),
      trans: (translator ?? nullTranslator).load('jupyterlab_jobs'),
      actions: {
        kill: (kernelId, { runtime, id }) => {
          void commands.execute(CommandIDs.kill, { kernelId, runtime, id });
        },
        startNow: (kernelId, { runtime, id }) => {
          void commands.execute(CommandIDs.startNow, { kernelId, runtime, id });
        },
        open: ({ runtime, id }) => {
          void commands.execute(CommandIDs.openPanel, { runtime, id });
        }
      }
    };
    rendermime.addFactory(
      {
        safe: true,
        mimeTypes: [JOB_RECORD_MIME_TYPE],
        createRenderer: () => new BadgeRenderer(options)
      },
      RANK
    );
  }
};

export default plugin;
