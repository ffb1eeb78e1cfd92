import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import { ReactWidget } from '@jupyterlab/ui-components';
import React from 'react';

import type { IJobs } from '../tokens';
import type { IBadgeOptions } from './badge';
import { LiveBadge } from './badge';
import type { JobRecord } from './record';
import { JOB_RECORD_MIME_TYPE, parseNotebookRecord } from './record';

/**
 * Draws a job's record in the outputs of its cell.
 */
export class BadgeRenderer
  extends ReactWidget
  implements IRenderMime.IRenderer
{
  constructor(options: BadgeRenderer.IOptions) {
    super();
    this._options = options;
    this.addClass('jp-Jobs-badgeOutput');
  }

  /**
   * Draw the record that a notebook's output holds.
   */
  async renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    this._record = parseNotebookRecord(model.data[JOB_RECORD_MIME_TYPE]);
    // Before it is attached there is nothing to draw, and nobody to undo it.
    if (this.isAttached) {
      this.update();
      await this.renderPromise;
    }
  }

  protected override render(): JSX.Element {
    const { jobs, trans } = this._options;
    return this._record ? (
      <LiveBadge jobs={jobs} record={this._record} options={this._options} />
    ) : (
      <span className="jp-Jobs-unreadable">
        {trans.__('Unreadable job record: run the cell again.')}
      </span>
    );
  }

  private readonly _options: BadgeRenderer.IOptions;
  private _record: JobRecord | null = null;
}

/**
 * The namespace for `BadgeRenderer` statics.
 */
export namespace BadgeRenderer {
  /**
   * The options used to create a renderer.
   */
  export interface IOptions extends IBadgeOptions {
    /** Where the jobs live. */
    readonly jobs: IJobs;
  }
}
