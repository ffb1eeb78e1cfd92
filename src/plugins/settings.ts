import type { ISettingRegistry } from '@jupyterlab/settingregistry';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import type { StartPolicy } from '../cell/lane';
import { MAX_JOBS } from '../model/history';

/** The id under which all settings are. */
export const SETTINGS_ID = 'jupyterlab-jobs:plugin';

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
    registry
      ?.load(SETTINGS_ID)
      .then(settings => {
        const update = () => {
          this._settings = settings;
          this._changed.emit();
        };
        settings.changed.connect(update);
        update();
      })
      .catch(error => {
        console.error('Failed to load the settings of jobs.', error);
      });
  }

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

  private readonly _changed = new Signal<this, void>(this);
  private _settings: ISettingRegistry.ISettings | null = null;
}
