import type { FocusEvent, KeyboardEvent, RefObject } from 'react';
import { useLayoutEffect, useRef, useState } from 'react';

import type { IWindowedList } from './windowedlist';

/** What takes the focus in a header or a row. */
const STOP = '.jp-Jobs-summary, .jp-Jobs-sectionHeader';

/**
 * The keyboard in a list.
 */
export interface IListKeys {
  /** For the element that scrolls. */
  readonly handlers: {
    readonly tabIndex: number;
    readonly onFocus: (event: FocusEvent<HTMLElement>) => void;
    readonly onBlur: (event: FocusEvent<HTMLElement>) => void;
    readonly onKeyDown: (event: KeyboardEvent<HTMLElement>) => void;
  };
  /** The key of the header or row that the tabulator key reaches. */
  readonly tabStop: string | null;
  /** Bring a header or row into view, and give it the focus. */
  focus(key: string): void;
}

/**
 * Let the arrow keys go from row to row, as in a tree: up and down, Home and End, right to
 * open and left to close. The tabulator key reaches the list once, at the row that had the
 * focus last, and the controls of that row.
 *
 * The focus stays with a row that is drawn somewhere else, as when a job ends; and with the
 * list when its row is gone or out of sight.
 */
export function useListKeys(
  list: IWindowedList,
  content: RefObject<HTMLElement>
): IListKeys {
  const [active, setActive] = useState<string | null>(null);
  /** The key of the row in which the focus is, by the events. */
  const focused = useRef<string | null>(null);
  /** The key of the row that gets the focus when it is drawn. */
  const wanted = useRef<string | null>(null);

  const stopOf = (key: string): HTMLElement | null => {
    const index = list.indexOf(key);
    return index === undefined
      ? null
      : (content.current
          ?.querySelector(`[data-index="${index}"]`)
          ?.querySelector<HTMLElement>(STOP) ?? null);
  };

  const focus = (key: string) => {
    const index = list.indexOf(key);
    if (index !== undefined) {
      wanted.current = key;
      list.scrollTo(index);
      grant();
    }
  };

  const grant = () => {
    const stop = wanted.current === null ? null : stopOf(wanted.current);
    if (stop) {
      wanted.current = null;
      stop.focus({ preventScroll: true });
    }
  };

  // After every drawing: a row comes with the one that follows the scrolling.
  useLayoutEffect(() => {
    grant();
    const { activeElement } = document;
    const isLost =
      activeElement === document.body || activeElement === content.current;
    if (focused.current !== null && isLost) {
      (stopOf(focused.current) ?? content.current)?.focus({
        preventScroll: true
      });
    }
  });

  const onKeyDown = (event: KeyboardEvent<HTMLElement>) => {
    const { key } = event;
    const target = event.target as HTMLElement;
    const isModified =
      event.altKey || event.ctrlKey || event.metaKey || event.shiftKey;
    if (isModified || target.closest('.jp-Jobs-details')) {
      return;
    }
    const isRightToLeft =
      getComputedStyle(event.currentTarget).direction === 'rtl';
    const [open, close] = isRightToLeft
      ? ['ArrowLeft', 'ArrowRight']
      : ['ArrowRight', 'ArrowLeft'];
    const at = focused.current === null ? -1 : list.indexOf(focused.current);
    const present = at ?? -1;
    switch (key) {
      case 'ArrowDown':
        go(list.nextStop(present, 1));
        break;
      case 'ArrowUp':
        go(list.nextStop(present, -1));
        break;
      case 'Home':
        go(list.nextStop(-1, 1));
        break;
      case 'End':
        go(list.nextStop(list.size, -1));
        break;
      case open:
      case close: {
        const stop = target.closest<HTMLElement>(STOP);
        const isOpen = stop?.getAttribute('aria-expanded') === 'true';
        if (!stop || isOpen === (key === open)) {
          return;
        }
        stop.click();
        break;
      }
      default:
        return;
    }
    event.preventDefault();
    event.stopPropagation();
  };

  const go = (key: string | undefined) => {
    if (key !== undefined) {
      focus(key);
    }
  };

  const keyOf = (node: EventTarget): string | null => {
    const index = (node as Element).closest<HTMLElement>('[data-index]')
      ?.dataset.index;
    return index === undefined ? null : list.keyAt(Number(index));
  };

  const isListed = active !== null && list.isDrawn(active);
  return {
    handlers: {
      tabIndex: -1,
      onFocus: event => {
        // The list itself keeps the place of a row that is gone.
        const key = keyOf(event.target);
        if (key !== null) {
          focused.current = key;
          setActive(key);
        }
      },
      onBlur: event => {
        const { target } = event;
        // What is taken out of the page may tell of it too, and has not been left.
        queueMicrotask(() => {
          const { activeElement } = document;
          if (target.isConnected && !content.current?.contains(activeElement)) {
            focused.current = null;
          }
        });
      },
      onKeyDown
    },
    tabStop: isListed ? active : list.size > 0 ? list.keyAt(0) : null,
    focus
  };
}
