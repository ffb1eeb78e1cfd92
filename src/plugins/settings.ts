// What is imported here, the plugin needs when it is activated.
/* eslint-disable jupyter/prefer-lazy-imports */
import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { Token } from '@lumino/coreutils';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import type { StartPolicy } from '../cell/lane';
import { MAX_JOBS } from '../model/history';

/** The id under which all settings are. */
export const SETTINGS_ID = 'jupyterlab-jobs:plugin';

/** Where the panel is, unless the user wants it elsewhere. */
export const DEFAULT_SIDE = 'right';

const POLICIES: readonly unknown[] = ['always', 'when safe', 'never'];

/** Of which jobs' ends the user is told: those with `--notify`, failures as well, all. */
export type NotifyPolicy = 'asked' | 'failed' | 'all';

const NOTIFY_POLICIES: readonly unknown[] = ['asked', 'failed', 'all'];

/** How many characters of a job's text a cell shows at most: the kernel keeps no more. */
export const MAX_SHOWN = 900_000;

/**
 * What the user has set; the defaults until it is loaded, and where there are no settings.
 */
export class JobSettings {
  constructor(registry: ISettingRegistry | null) {
    this.ready = this._load(registry).catch(error => {
      console.error('Failed to load the settings of jobs.', error);
    });
  }

  /**
   * Fulfilled when they are loaded, or cannot be.
   */
  readonly ready: Promise<void>;

  /**
   * Emitted when they are loaded, and when one has changed.
   */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get startWhileBusy(): StartPolicy {
    const value = this._settings?.get('startWhileBusy').composite;
    return POLICIES.includes(value) ? (value as StartPolicy) : 'when safe';
  }

  /**
   * How many jobs run at once; null for any number.
   */
  get maxRunning(): number | null {
    const value = this._settings?.get('maxRunning').composite;
    return typeof value === 'number' && value >= 1 ? Math.floor(value) : null;
  }

  /**
   * The backend on which `%job` runs its code, unless it names one.
   */
  get defaultBackend(): string {
    const value = this._settings?.get('defaultBackend').composite;
    return typeof value === 'string' && value !== '' ? value : 'thread';
  }

  /**
   * How many characters of a job's text its cell shows.
   */
  get outputShown(): number {
    const value = this._settings?.get('outputShown').composite;
    return typeof value === 'number' && value >= 10
      ? Math.min(Math.floor(value) * 1000, MAX_SHOWN)
      : MAX_SHOWN;
  }

  /**
   * How many jobs of a notebook are remembered.
   */
  get historySize(): number {
    const value = this._settings?.get('historySize').composite;
    return typeof value === 'number' && value >= 0
      ? Math.min(Math.floor(value), MAX_JOBS)
      : MAX_JOBS;
  }

  /**
   * Of which jobs' ends the user is told.
   */
  get notify(): NotifyPolicy {
    const value = this._settings?.get('notify').composite;
    return NOTIFY_POLICIES.includes(value) ? (value as NotifyPolicy) : 'asked';
  }

  /**
   * Whether the system tells of them while the page is hidden.
   */
  get desktopNotifications(): boolean {
    return this._settings?.get('desktopNotifications').composite === true;
  }

  /**
   * Whether tabs and the page's icon tell of jobs that run.
   */
  get markRunning(): boolean {
    return this._settings?.get('markRunning').composite !== false;
  }

  /**
   * The sidebar in which the panel is.
   */
  get panelSide(): 'left' | 'right' {
    return this._settings?.get('panelSide').composite === 'left'
      ? 'left'
      : DEFAULT_SIDE;
  }

  private async _load(registry: ISettingRegistry | null): Promise<void> {
    const settings = await registry?.load(SETTINGS_ID);
    if (settings) {
      const update = () => {
        this._settings = settings;
        this._changed.emit();
      };
      settings.changed.connect(update);
      update();
    }
  }

  private readonly _changed = new Signal<this, void>(this);
  private _settings: ISettingRegistry.ISettings | null = null;
}

/**
 * The token of the settings, for the plugins of this extension.
 */
export const IJobSettings = new Token<JobSettings>(
  'jupyterlab-jobs:IJobSettings',
  'What the user has set for jobs.'
);

/**
 * Loads the settings, once for all.
 */
const plugin: JupyterFrontEndPlugin<JobSettings> = {
  id: 'jupyterlab-jobs:settings',
  description: 'Loads the settings of jobs.',
  autoStart: true,
  provides: IJobSettings,
  optional: [ISettingRegistry],
  activate: (_: JupyterFrontEnd, registry: ISettingRegistry | null) =>
    new JobSettings(registry)
};

export default plugin;
