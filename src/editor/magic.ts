import type { Extension } from '@codemirror/state';
import { Prec, RangeSetBuilder } from '@codemirror/state';
import type { DecorationSet, ViewUpdate, EditorView } from '@codemirror/view';
import { Decoration, hoverTooltip, ViewPlugin } from '@codemirror/view';
import type { TranslationBundle } from '@jupyterlab/translation';

import { magicHelp } from './help';
import type { IMagicSpan } from './magicspans';
import { magicSpans } from './magicspans';

const MARKS: Readonly<Record<IMagicSpan['kind'], Decoration>> = {
  magic: Decoration.mark({ class: 'jp-Jobs-magic' }),
  option: Decoration.mark({ class: 'jp-Jobs-magicOption' }),
  value: Decoration.mark({ class: 'jp-Jobs-magicValue' })
};

/**
 * Shows the magics and their options as what they are, and says what they are for.
 *
 * @param isPython - whether the text is Python now.
 */
export function jobMagics(
  isPython: () => boolean,
  trans: TranslationBundle
): Extension {
  const highlight = ViewPlugin.define(
    view => new MagicHighlight(view, isPython),
    { decorations: plugin => plugin.decorations }
  );
  return [
    // Inside of what the highlighting of Python marks, as operators and names.
    Prec.highest(highlight),
    hoverTooltip((view, position) => {
      if (!isPython()) {
        return null;
      }
      const line = view.state.doc.lineAt(position);
      const at = position - line.from;
      const span = magicSpans(line.text, line.number === 1).find(
        ({ from, to }) => from <= at && at <= to
      );
      const help = span && magicHelp(span.text, trans);
      if (!span || !help) {
        return null;
      }
      return {
        pos: line.from + span.from,
        end: line.from + span.to,
        above: true,
        create: () => {
          const dom = document.createElement('div');
          dom.className = 'jp-Jobs-magicHelp';
          dom.textContent = help;
          return { dom };
        }
      };
    })
  ];
}

/**
 * Marks the magics in the lines that are in sight.
 */
class MagicHighlight {
  constructor(
    view: EditorView,
    private readonly _isPython: () => boolean
  ) {
    this._wasPython = _isPython();
    this.decorations = this._decorate(view);
  }

  decorations: DecorationSet;

  update(update: ViewUpdate): void {
    // Another language comes with an update as well.
    const isPython = this._isPython();
    if (
      update.docChanged ||
      update.viewportChanged ||
      isPython !== this._wasPython
    ) {
      this._wasPython = isPython;
      this.decorations = this._decorate(update.view);
    }
  }

  private _decorate(view: EditorView): DecorationSet {
    return this._wasPython ? decorate(view) : Decoration.none;
  }

  private _wasPython: boolean;
}

function decorate({ state, visibleRanges }: EditorView): DecorationSet {
  const builder = new RangeSetBuilder<Decoration>();
  for (const { from, to } of visibleRanges) {
    let position = from;
    while (position <= to) {
      const line = state.doc.lineAt(position);
      for (const span of magicSpans(line.text, line.number === 1)) {
        builder.add(
          line.from + span.from,
          line.from + span.to,
          MARKS[span.kind]
        );
      }
      position = line.to + 1;
    }
  }
  return builder.finish();
}
