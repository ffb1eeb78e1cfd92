// What is imported here, the plugin needs when it is activated.
/* eslint-disable jupyter/prefer-lazy-imports */
import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { PageConfig } from '@jupyterlab/coreutils';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { CarriedRuntime } from '../kernel/carried';
import source from '../kernel/carried-bootstrap.json';
import { REQUEST_TYPE } from '../kernel/protocol';
import { JobsManager } from '../model/manager';
import { IJobs } from '../tokens';

/** The page option that lists the requests which do not make a kernel idle. */
const UNTRACKED = 'untracked_message_types';

/**
 * The jobs of all kernels that the page is connected to.
 */
const plugin: JupyterFrontEndPlugin<IJobs> = {
  id: 'jupyterlab-jobs:manager',
  description: 'Follows the background jobs of the kernels.',
  autoStart: true,
  provides: IJobs,
  optional: [ITranslator],
  activate: (_: JupyterFrontEnd, translator: ITranslator | null): IJobs => {
    leaveUntracked(REQUEST_TYPE);
    return new JobsManager({
      runtime: new CarriedRuntime({
        source,
        loadFiles: async () =>
          (
            await import(
              /* webpackChunkName: "carried-runtime" */ '../kernel/carried-files.json'
            )
          ).default
      }),
      trans: (translator ?? nullTranslator).load('jupyterlab_jobs')
    });
  }
};

export default plugin;

/**
 * Have JupyterLab ignore the status that a kernel tells about a kind of request. A
 * request over the control channel ends in `idle` although the main thread works.
 */
function leaveUntracked(type: string): void {
  const types = new Set(
    JSON.parse(PageConfig.getOption(UNTRACKED) || '[]') as string[]
  );
  PageConfig.setOption(UNTRACKED, JSON.stringify([...types.add(type)]));
}
