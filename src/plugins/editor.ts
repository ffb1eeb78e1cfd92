// What is imported here, the plugin needs when it is activated.
/* eslint-disable jupyter/prefer-lazy-imports */
import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import {
  EditorExtensionRegistry,
  IEditorExtensionRegistry
} from '@jupyterlab/codemirror';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { jobMagics } from '../editor/magic';

/** The languages of cells in which the magics can stand. */
const MIME_TYPE = /^text\/x-i?python$/;

/**
 * Shows the magics in cells.
 */
const plugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyterlab-jobs:editor',
  description: 'Highlights and explains %job in cells.',
  autoStart: true,
  optional: [IEditorExtensionRegistry, ITranslator],
  activate: (
    _: JupyterFrontEnd,
    registry: IEditorExtensionRegistry | null,
    translator: ITranslator | null
  ) => {
    const trans = (translator ?? nullTranslator).load('jupyterlab_jobs');
    registry?.addExtension({
      name: 'jupyterlab-jobs:magics',
      factory: ({ model }) =>
        EditorExtensionRegistry.createImmutableExtension(
          // A cell learns its language when the kernel has told it.
          jobMagics(() => MIME_TYPE.test(model.mimeType), trans)
        )
    });
  }
};

export default plugin;
