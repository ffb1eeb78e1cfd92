import type { TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget } from '@jupyterlab/ui-components';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';
import React from 'react';

import type { IJobCounts } from './counts';
import { jobsIcon } from './icons';

/**
 * The jobs of all notebooks, in the status bar: nothing as long as none runs or has
 * failed.
 */
export class StatusItem extends ReactWidget {
  constructor(options: StatusItem.IOptions) {
    super();
    this._options = options;
    this.addClass('jp-mod-highlighted');
    this.addClass('jp-Jobs-statusItem');
  }

  /**
   * What it shows.
   */
  get counts(): IJobCounts {
    return this._counts;
  }
  set counts(value: IJobCounts) {
    const wasActive = this.isActive;
    this._counts = value;
    this.update();
    if (this.isActive !== wasActive) {
      this._activeStateChanged.emit(undefined);
    }
  }

  /**
   * Whether there is anything to show.
   */
  get isActive(): boolean {
    return this._counts.running + this._counts.failed > 0;
  }

  /**
   * Emitted after `isActive` has changed.
   */
  get activeStateChanged(): ISignal<this, void> {
    return this._activeStateChanged;
  }

  protected override render(): JSX.Element {
    const { open, trans } = this._options;
    const { running, failed } = this._counts;
    const words = [
      running > 0 && trans._n('%1 job running', '%1 jobs running', running),
      failed > 0 && trans._n('%1 job failed', '%1 jobs failed', failed)
    ].filter(Boolean);
    return (
      <button
        type="button"
        className="jp-Jobs-status"
        title={trans.__('Show the jobs')}
        onClick={open}
      >
        <jobsIcon.react tag="span" className="jp-Jobs-statusIcon" />
        {words.join(', ')}
      </button>
    );
  }

  private readonly _options: StatusItem.IOptions;
  private readonly _activeStateChanged = new Signal<this, void>(this);
  private _counts: IJobCounts = { running: 0, failed: 0 };
}

/**
 * The namespace for `StatusItem` statics.
 */
export namespace StatusItem {
  /**
   * The options used to create the item.
   */
  export interface IOptions {
    /** Called when it is pressed. */
    open: () => void;

    /** The words. */
    trans: TranslationBundle;
  }
}
