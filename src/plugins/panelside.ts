// What is imported here, the plugin needs when it is activated.
/* eslint-disable jupyter/prefer-lazy-imports */
import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ISettingRegistry } from '@jupyterlab/settingregistry';

import { IJobsPanel } from '../view/tokens';
import { PANEL_RANK } from './panel';
import { SETTINGS_ID } from './settings';

/**
 * Moves the panel to the sidebar that the user chose.
 */
const plugin: JupyterFrontEndPlugin<void> = {
  id: SETTINGS_ID,
  description: 'Applies the settings of jobs.',
  autoStart: true,
  requires: [IJobsPanel],
  optional: [ISettingRegistry],
  activate: (
    app: JupyterFrontEnd,
    panel: IJobsPanel | null,
    registry: ISettingRegistry | null
  ): void => {
    if (!panel || !registry) {
      return;
    }
    const apply = (settings: ISettingRegistry.ISettings) => {
      const side = sideOf(settings);
      if (![...app.shell.widgets(side)].includes(panel)) {
        app.shell.add(panel, side, { rank: PANEL_RANK, type: 'Jobs' });
      }
    };
    // After the layout is restored, which has a side of its own for every panel.
    Promise.all([registry.load(plugin.id), app.restored])
      .then(([settings]) => {
        // The default leaves the panel where the user may have dragged it.
        if (sideOf(settings) !== DEFAULT_SIDE) {
          apply(settings);
        }
        settings.changed.connect(apply);
      })
      .catch(error => {
        console.error('Failed to load the settings of jobs.', error);
      });
  }
};

export default plugin;

const DEFAULT_SIDE = 'right';

function sideOf(settings: ISettingRegistry.ISettings): 'left' | 'right' {
  return settings.get('panelSide').composite === 'left' ? 'left' : DEFAULT_SIDE;
}
