import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import type { TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget } from '@jupyterlab/ui-components';
import type { Message } from '@lumino/messaging';
import React from 'react';

import { Clock } from './clock';
import { jobsIcon } from './icons';
import type { INotebookJobs, IPanelActions, PanelSubject } from './panelview';
import { PanelView } from './panelview';
import type { IRevealedJob } from './reveal';
import type { Shortcuts } from './shortcuts';
import { NO_SHORTCUTS } from './shortcuts';
import type { IJobsPanel } from './tokens';

/**
 * The Jobs panel, for a sidebar.
 */
export class JobsPanel extends ReactWidget implements IJobsPanel {
  constructor(options: JobsPanel.IOptions) {
    super();
    this._options = options;
    const { trans } = options;
    this._clock.isActive = false;

    this.id = 'jupyterlab-jobs-panel';
    this.addClass('jp-SidePanel');
    this.addClass('jp-Jobs');
    this.title.icon = jobsIcon;
    this.title.caption = trans.__('Jobs');
    this.node.tabIndex = -1;
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', trans.__('Jobs'));
  }

  /**
   * What the panel looks at.
   */
  get subject(): PanelSubject {
    return this._subject;
  }
  set subject(value: PanelSubject) {
    this._subject = value;
    this.update();
  }

  /**
   * All kernels that can be listed: another list whenever they are others.
   */
  get notebooks(): readonly INotebookJobs[] {
    return this._notebooks;
  }
  set notebooks(value: readonly INotebookJobs[]) {
    this._notebooks = value;
    this.update();
  }

  /**
   * The keys for what can be done to a row.
   */
  get shortcuts(): Shortcuts {
    return this._shortcuts;
  }
  set shortcuts(value: Shortcuts) {
    this._shortcuts = value;
    this.update();
  }

  reveal(key: string): void {
    this._revealed = { key };
    this.update();
  }

  protected override onActivateRequest(msg: Message): void {
    if (!this.node.contains(document.activeElement)) {
      this.node.focus();
    }
  }

  protected override onAfterAttach(msg: Message): void {
    super.onAfterAttach(msg);
    this._clock.isActive = this.isVisible;
  }

  protected override onAfterShow(msg: Message): void {
    this._clock.isActive = true;
    this.update();
  }

  protected override onAfterHide(msg: Message): void {
    this._clock.isActive = false;
    this.update();
  }

  protected override render(): JSX.Element {
    return (
      <PanelView
        {...this._options}
        subject={this._subject}
        notebooks={this._notebooks}
        isVisible={this.isVisible}
        revealed={this._revealed}
        shortcuts={this._shortcuts}
        clock={this._clock}
      />
    );
  }

  private readonly _options: JobsPanel.IOptions;
  private readonly _clock = new Clock();
  private _notebooks: readonly INotebookJobs[] = [];
  private _shortcuts = NO_SHORTCUTS;
  private _subject: PanelSubject = { kind: 'no-notebook' };
  private _revealed: IRevealedJob | null = null;
}

/**
 * The namespace for `JobsPanel` statics.
 */
export namespace JobsPanel {
  /**
   * The options used to create the panel.
   */
  export interface IOptions {
    /** What the buttons do. */
    actions: IPanelActions;

    /** What draws the jobs' outputs. */
    rendermime: IRenderMimeRegistry;

    /** The words. */
    trans: TranslationBundle;
  }
}
