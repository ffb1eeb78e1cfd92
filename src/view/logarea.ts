import type * as nbformat from '@jupyterlab/nbformat';
import { OutputAreaModel, SimplifiedOutputArea } from '@jupyterlab/outputarea';
import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';
import { Panel } from '@lumino/widgets';

import { syncOutputs } from './syncoutputs';

/** How far from the end still counts as the end, in pixels. */
const TAIL_TOLERANCE = 8;

/** With what readers scroll. */
const INPUTS = ['keydown', 'pointerdown', 'touchstart', 'wheel'] as const;

/**
 * A box that shows outputs as a notebook does, scrolls, and follows what is
 * added at the end for as long as its reader stays there.
 *
 * Who scrolls back reads something: from then on it stays as it is, until the reader is at
 * the end again.
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
    for (const type of INPUTS) {
      this.node.addEventListener(type, this._onInput, { passive: true });
    }
  }

  /**
   * What there is to show; while it is paused, what will be shown.
   */
  get outputs(): readonly nbformat.IOutput[] {
    return this._outputs;
  }
  set outputs(next: readonly nbformat.IOutput[]) {
    if (next === this._outputs) {
      return;
    }
    this._outputs = next;
    if (!this.isPaused) {
      this._show();
    } else if (!this._hasNews) {
      this._hasNews = true;
      this._stateChanged.emit();
    }
  }

  /**
   * Whether what is shown stays as it is.
   */
  get isPaused(): boolean {
    return this._isPaused;
  }
  set isPaused(value: boolean) {
    if (value === this._isPaused) {
      return;
    }
    this._isPaused = value;
    this._isFollowing = !value;
    this._hasNews = false;
    if (value) {
      // A scroll of its own may not have been reported yet: it is no move of the reader's.
      this._lastScrollTop = this.node.scrollTop;
    } else {
      this._show();
      this._follow();
    }
    this._stateChanged.emit();
  }

  /**
   * Whether there is more to show since it was paused.
   */
  get hasNews(): boolean {
    return this._hasNews;
  }

  /**
   * Emitted when it was paused or goes on, and when there is more to show.
   */
  get stateChanged(): ISignal<this, void> {
    return this._stateChanged;
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
    for (const type of INPUTS) {
      this.node.removeEventListener(type, this._onInput);
    }
    this._area.dispose();
    this._model.dispose();
    Signal.clearData(this);
    super.dispose();
  }

  private _show(): void {
    if (syncOutputs(this._model, this._shown, this._outputs)) {
      // For a moment there was less to show, which has scrolled it back.
      this._isDrawnAnew = true;
    }
    this._shown = this._outputs;
  }

  private _follow(): void {
    if (this._isFollowing) {
      this.node.scrollTop = this.node.scrollHeight;
    }
  }

  private readonly _onScroll = (): void => {
    const { scrollTop, scrollHeight, clientHeight } = this.node;
    const isAtEnd = scrollHeight - scrollTop - clientHeight <= TAIL_TOLERANCE;
    const moved = scrollTop - this._lastScrollTop;
    this._lastScrollTop = scrollTop;
    // A scroll to the end is reported after the content may have grown again:
    // only a move towards the beginning says that the reader went away.
    if (this.isPaused) {
      this.isPaused = !(isAtEnd && moved > 0);
    } else if (isAtEnd) {
      this._isFollowing = true;
    } else if (moved < 0 && this._isFollowing && !this._isDrawnAnew) {
      this.isPaused = true;
    }
  };

  private readonly _onInput = (event: Event): void => {
    // What scrolls it from here on is the reader.
    this._isDrawnAnew = false;
    const isBackwards = event instanceof WheelEvent && event.deltaY < 0;
    if (isBackwards && this._isFollowing && this.node.scrollTop > 0) {
      // Not when it has scrolled: what is added meanwhile would take it to the end again.
      this.isPaused = true;
    }
  };

  private _hasNews = false;
  private _isDrawnAnew = false;
  private _isFollowing: boolean;
  private _isPaused = false;
  private _lastScrollTop = 0;
  private _outputs: readonly nbformat.IOutput[] = [];
  private _shown: readonly nbformat.IOutput[] = [];
  private readonly _area: SimplifiedOutputArea;
  private readonly _model: OutputAreaModel;
  private readonly _sizes: ResizeObserver;
  private readonly _stateChanged = new Signal<this, void>(this);
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
