import type * as nbformat from '@jupyterlab/nbformat';
import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { Widget } from '@lumino/widgets';
import React, { useLayoutEffect, useRef } from 'react';

import { LogArea } from './logarea';

/**
 * Outputs, drawn by JupyterLab's own renderers.
 */
export function Outputs(props: {
  outputs: readonly nbformat.IOutput[];
  rendermime: IRenderMimeRegistry;
  /** Whether the end is shown first; later the reader decides. */
  startsAtEnd: boolean;
  className: string;
}): JSX.Element {
  const { outputs, rendermime, startsAtEnd, className } = props;
  const host = useRef<HTMLDivElement>(null);
  const area = useRef<LogArea | null>(null);
  const options = useRef({ startsAtEnd, className });

  // Layout effects: a widget must be detached while its host is still in the page.
  useLayoutEffect(() => {
    const created = new LogArea({
      rendermime,
      isFollowing: options.current.startsAtEnd
    });
    created.addClass(options.current.className);
    Widget.attach(created, host.current!);
    area.current = created;
    return () => {
      area.current = null;
      created.dispose();
    };
  }, [rendermime]);

  useLayoutEffect(() => {
    if (area.current) {
      area.current.outputs = outputs;
    }
  }, [outputs, rendermime]);

  return <div ref={host} />;
}
