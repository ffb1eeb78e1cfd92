import type * as nbformat from '@jupyterlab/nbformat';
import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import type { TranslationBundle } from '@jupyterlab/translation';
import { pauseIcon } from '@jupyterlab/ui-components';
import { Widget } from '@lumino/widgets';
import React, { useLayoutEffect, useRef, useState } from 'react';

import { IconButton } from './iconbutton';
import { LogArea } from './logarea';
import { TextButton } from './textbutton';

/**
 * Outputs, drawn by JupyterLab's own renderers.
 */
export function Outputs(props: {
  outputs: readonly nbformat.IOutput[];
  rendermime: IRenderMimeRegistry;
  /** Whether the end is shown first; later the reader decides. */
  startsAtEnd: boolean;
  /** Whether more is to be expected, so that the reader can ask it to keep still. */
  isLive: boolean;
  className: string;
  trans: TranslationBundle;
}): JSX.Element {
  const { outputs, rendermime, startsAtEnd, isLive, className, trans } = props;
  const host = useRef<HTMLDivElement>(null);
  const area = useRef<LogArea | null>(null);
  const options = useRef({ startsAtEnd, className });
  const [{ isPaused, hasNews }, setState] = useState(INITIAL);

  // Layout effects: a widget must be detached while its host is still in the page.
  useLayoutEffect(() => {
    const created = new LogArea({
      rendermime,
      isFollowing: options.current.startsAtEnd
    });
    created.addClass(options.current.className);
    Widget.attach(created, host.current!);
    created.stateChanged.connect(() =>
      setState({ isPaused: created.isPaused, hasNews: created.hasNews })
    );
    setState(INITIAL);
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

  const pause = (value: boolean) => {
    if (area.current) {
      area.current.isPaused = value;
    }
  };
  return (
    <div className="jp-Jobs-outputs">
      <div ref={host} />
      {isPaused
        ? (isLive || hasNews) && (
            <TextButton
              label={hasNews ? trans.__('↓ New output') : trans.__('↓ Follow')}
              title={trans.__('Show the output as it comes')}
              onClick={() => pause(false)}
            />
          )
        : isLive && (
            <IconButton
              icon={pauseIcon}
              label={trans.__('Pause output')}
              title={trans.__('Keep the output still; the job goes on')}
              onClick={() => pause(true)}
            />
          )}
    </div>
  );
}

const INITIAL = { isPaused: false, hasNews: false };
