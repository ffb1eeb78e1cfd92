import type { Virtualizer } from '@tanstack/react-virtual';
import { useVirtualizer } from '@tanstack/react-virtual';
import type { RefObject } from 'react';
import { useCallback, useLayoutEffect, useMemo, useRef } from 'react';

import type { JobSection } from '../model/job';
import type { ISectionContent, SectionRow } from './sections';
import { SECTIONS } from './sections';

/** As long as they were not drawn, in pixels. */
const ESTIMATES = { header: 26, notebook: 24, job: 44 } as const;

/** How many rows are drawn above and below those in sight. */
const OVERSCAN = 8;

/**
 * The part of a section that is drawn.
 */
export interface IWindowedSection {
  readonly section: JobSection;
  readonly count: number;
  /** The index of the section's header among everything that is listed. */
  readonly index: number;
  readonly rows: readonly {
    readonly index: number;
    readonly row: SectionRow;
  }[];
  /** How many rows there are, drawn or not. */
  readonly size: number;
  /** The height of the rows that are not drawn, above and below those that are. */
  readonly above: number;
  readonly below: number;
}

/**
 * A list of which only what is in sight is drawn.
 */
export interface IWindowedList {
  readonly sections: readonly IWindowedSection[];
  /** How many headers and rows there are. */
  readonly size: number;
  /** The reference of every header and row, which have their index as `data-index`. */
  readonly measure: (node: Element | null) => void;
  /** The key of a header, which is its section, or of a row. */
  keyAt(index: number): string;
  /** The index of a header or a row, if it is listed. */
  indexOf(key: string): number | undefined;
  /** Whether a header or a row is in the page now. */
  isDrawn(key: string): boolean;
  /** The key of what can have the focus next after an index, in a direction. */
  nextStop(index: number, direction: 1 | -1): string | undefined;
  /** Scroll as far as it takes to have a header or row in sight. */
  scrollTo(index: number): void;
}

/**
 * Draw the sections' rows in sight only, however many there are.
 *
 * #### Notes
 * What is drawn stays in the flow of the page, between two paddings that stand for the
 * rest: so the headers can stick to the top.
 *
 * @param content - the element that scrolls.
 */
export function useWindowedList(
  contents: Readonly<Record<JobSection, ISectionContent>>,
  collapsed: ReadonlySet<JobSection>,
  content: RefObject<HTMLElement>
): IWindowedList {
  const layout = useMemo(
    () => layoutOf(contents, collapsed),
    [contents, collapsed]
  );
  const virtualizer = useVirtualizer({
    count: layout.size,
    getScrollElement: () => content.current,
    // All places are computed again when this is another function.
    getItemKey: useCallback((index: number) => layout.keyAt(index), [layout]),
    estimateSize: index => ESTIMATES[layout.kindAt(index)],
    overscan: OVERSCAN,
    // The header of the section covers what is right at the top.
    scrollPaddingStart: ESTIMATES.header
  });
  // `useAnchor` does that, and more.
  virtualizer.shouldAdjustScrollPositionOnItemSizeChange = () => false;
  useAnchor(layout, virtualizer, content);

  return {
    sections: layout.sections.map(part => windowOf(part, virtualizer)),
    size: layout.size,
    measure: virtualizer.measureElement,
    keyAt: layout.keyAt,
    indexOf: layout.indexOf,
    isDrawn: key => {
      const index = layout.indexOf(key);
      return (
        index !== undefined &&
        (layout.kindAt(index) === 'header' ||
          virtualizer.getVirtualItems().some(item => item.index === index))
      );
    },
    nextStop: (index, direction) => {
      let next = index + direction;
      while (
        next >= 0 &&
        next < layout.size &&
        layout.kindAt(next) === 'notebook'
      ) {
        next += direction;
      }
      return next >= 0 && next < layout.size ? layout.keyAt(next) : undefined;
    },
    scrollTo: index => virtualizer.scrollToIndex(index, { align: 'auto' })
  };
}

/**
 * Keep the rows in sight where they are when others come in above, go or grow. At the very
 * top, where the newest are looked for, everything moves.
 *
 * #### Notes
 * Browsers do so by themselves ("scroll anchoring"), but not where the padding of an element
 * around the rows changes.
 */
function useAnchor(
  layout: ILayout,
  virtualizer: Virtualizer<HTMLElement, Element>,
  content: RefObject<HTMLElement>
): void {
  const anchor = useRef<{ key: string; start: number } | null>(null);
  useLayoutEffect(() => {
    const node = content.current;
    const items = virtualizer.getVirtualItems();
    if (!node) {
      return;
    }
    const last = anchor.current;
    const index = last ? layout.indexOf(last.key) : undefined;
    // Not the element's own `scrollTop`: to read it, the page would have to be laid out now.
    let offset = virtualizer.scrollOffset ?? 0;
    if (last && index !== undefined && offset > 0) {
      const shift = virtualizer.measurementsCache[index].start - last.start;
      if (shift !== 0) {
        offset += shift;
        node.scrollTop += shift;
      }
    }
    const top = offset + ESTIMATES.header;
    const first = items.find(
      item => item.end > top && layout.kindAt(item.index) === 'job'
    );
    anchor.current = first
      ? { key: layout.keyAt(first.index), start: first.start }
      : null;
  });
}

interface ISectionLayout {
  readonly section: JobSection;
  readonly count: number;
  /** The index of the header; the rows follow. */
  readonly index: number;
  readonly rows: readonly SectionRow[];
}

type RowKind = 'header' | SectionRow['kind'];

interface ILayout {
  readonly sections: readonly ISectionLayout[];
  readonly size: number;
  readonly keyAt: (index: number) => string;
  readonly kindAt: (index: number) => RowKind;
  readonly indexOf: (key: string) => number | undefined;
}

/** Where everything stands in one list. */
function layoutOf(
  contents: Readonly<Record<JobSection, ISectionContent>>,
  collapsed: ReadonlySet<JobSection>
): ILayout {
  const sections: ISectionLayout[] = [];
  // By index, because they are asked for all at once, thousands of times.
  const keys: string[] = [];
  const kinds: RowKind[] = [];
  for (const section of SECTIONS) {
    const { count, rows } = contents[section];
    if (count > 0) {
      const shown = collapsed.has(section) ? [] : rows;
      sections.push({ section, count, index: keys.length, rows: shown });
      keys.push(section);
      kinds.push('header');
      for (const { key, kind } of shown) {
        keys.push(key);
        kinds.push(kind);
      }
    }
  }
  return {
    sections,
    size: keys.length,
    keyAt: index => keys[index],
    kindAt: index => kinds[index],
    indexOf: key => {
      const index = keys.indexOf(key);
      return index === -1 ? undefined : index;
    }
  };
}

function windowOf(
  { section, count, index, rows }: ISectionLayout,
  virtualizer: Virtualizer<HTMLElement, Element>
): IWindowedSection {
  const first = index + 1;
  const end = first + rows.length;
  const drawn = virtualizer
    .getVirtualItems()
    .filter(item => item.index >= first && item.index < end);
  const places = virtualizer.measurementsCache;
  const top = rows.length > 0 ? places[first].start : 0;
  const bottom = rows.length > 0 ? places[end - 1].end : 0;
  return {
    section,
    count,
    index,
    rows: drawn.map(item => ({
      index: item.index,
      row: rows[item.index - first]
    })),
    size: rows.length,
    above: (drawn.length > 0 ? drawn[0].start : bottom) - top,
    below: drawn.length > 0 ? bottom - drawn[drawn.length - 1].end : 0
  };
}
