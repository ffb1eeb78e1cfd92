import type { ReactElement } from 'react';
import { act } from 'react';
import { createRoot } from 'react-dom/client';

declare global {
  // React asks for it, so that it can warn about updates outside of `act`.
  var IS_REACT_ACT_ENVIRONMENT: boolean;
}
globalThis.IS_REACT_ACT_ENVIRONMENT = true;

export interface IMounted {
  readonly node: HTMLElement;
  query<T extends Element = HTMLElement>(selector: string): T | null;
  click(selector: string): void;
  render(element: ReactElement): void;
}

const unmounts: (() => void)[] = [];

afterEach(() => {
  unmounts.splice(0).forEach(unmount => unmount());
});

/** Draw an element in the page, until the test has ended. */
export function mount(element: ReactElement): IMounted {
  const node = document.createElement('div');
  document.body.appendChild(node);
  const root = createRoot(node);
  const render = (next: ReactElement) => act(() => root.render(next));
  unmounts.push(() => {
    act(() => root.unmount());
    node.remove();
  });
  render(element);
  return {
    node,
    render,
    query: selector => node.querySelector(selector),
    click: selector => {
      act(() => node.querySelector<HTMLElement>(selector)!.click());
    }
  };
}
