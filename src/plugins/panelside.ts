// What is imported here, the plugin needs when it is activated.
/* eslint-disable jupyter/prefer-lazy-imports */
import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';

import { IJobsPanel } from '../view/tokens';
import { PANEL_RANK } from './panel';
import type { JobSettings } from './settings';
import { DEFAULT_SIDE, IJobSettings, SETTINGS_ID } from './settings';

/**
 * Moves the panel to the sidebar that the user chose. Its id is the one under which the
 * settings of all plugins are.
 */
const plugin: JupyterFrontEndPlugin<void> = {
  id: SETTINGS_ID,
  description: 'Applies the settings of jobs.',
  autoStart: true,
  requires: [IJobsPanel, IJobSettings],
  activate: (
    app: JupyterFrontEnd,
    panel: IJobsPanel | null,
    settings: JobSettings
  ): void => {
    if (!panel) {
      return;
    }
    const apply = () => {
      const side = settings.panelSide;
      if (![...app.shell.widgets(side)].includes(panel)) {
        app.shell.add(panel, side, { rank: PANEL_RANK, type: 'Jobs' });
      }
    };
    // After the layout is restored, which has a side of its own for every panel.
    void Promise.all([settings.ready, app.restored]).then(() => {
      // The default leaves the panel where the user may have dragged it.
      if (settings.panelSide !== DEFAULT_SIDE) {
        apply();
      }
      settings.changed.connect(apply);
    });
  }
};

export default plugin;
