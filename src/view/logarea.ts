import type * as nbformat from '@jupyterlab/nbformat';
import { OutputAreaModel, SimplifiedOutputArea } from '@jupyterlab/outputarea';
import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { Panel } from '@lumino/widgets';

import { syncOutputs } from './syncoutputs';

/** How far from the end still counts as the end, in pixels. */
const TAIL_TOLERANCE = 8;

/**
 * A box that shows outputs as a notebook does, scrolls, and follows what is
 * added at the end for as long as its reader stays there.
 *
 * Outputs are never trusted here: what a job prints runs nothing.
 */
export class LogArea extends Panel {
  constructor(options: LogArea.IOptions) {
    super();
    this._isFollowing = options.isFollowing;
    this._model = new OutputAreaModel({ trusted: false });
    this._area = new SimplifiedOutputArea({
      model: this._model,
      rendermime: options.rendermime
    });
    this.addWidget(this._area);
    // Rendering is asynchronous: only the size tells when it is done.
    this._sizes = new ResizeObserver(() => this._follow());
    this._sizes.observe(this._area.node);
    this.node.addEventListener('scroll', this._onScroll, { passive: true });
  }

  /**
   * What is shown.
   */
  get outputs(): readonly nbformat.IOutput[] {
    return this._outputs;
  }
  set outputs(next: readonly nbformat.IOutput[]) {
    syncOutputs(this._model, this._outputs, next);
    this._outputs = next;
  }

  /**
   * Dispose of the outputs and their renderers.
   */
  override dispose(): void {
    if (this.isDisposed) {
      return;
    }
    this._sizes.disconnect();
    this.node.removeEventListener('scroll', this._onScroll);
    this._area.dispose();
    this._model.dispose();
    super.dispose();
  }

  private _follow(): void {
    if (this._isFollowing) {
      this.node.scrollTop = this.node.scrollHeight;
    }
  }

  private readonly _onScroll = (): void => {
    const { scrollTop, scrollHeight, clientHeight } = this.node;
    // A scroll to the end is reported after the content may have grown again:
    // only a move towards the beginning says that the reader went away.
    if (scrollHeight - scrollTop - clientHeight <= TAIL_TOLERANCE) {
      this._isFollowing = true;
    } else if (scrollTop < this._lastScrollTop) {
      this._isFollowing = false;
    }
    this._lastScrollTop = scrollTop;
  };

  private _isFollowing: boolean;
  private _lastScrollTop = 0;
  private _outputs: readonly nbformat.IOutput[] = [];
  private readonly _area: SimplifiedOutputArea;
  private readonly _model: OutputAreaModel;
  private readonly _sizes: ResizeObserver;
}

/**
 * The namespace for `LogArea` statics.
 */
export namespace LogArea {
  /**
   * The options used to create a log area.
   */
  export interface IOptions {
    /** What draws the outputs. */
    rendermime: IRenderMimeRegistry;

    /** Whether to show the end, and stay there. */
    isFollowing: boolean;
  }
}
