import type { TranslationBundle } from '@jupyterlab/translation';
import React, { useEffect, useRef, useState } from 'react';

import { TextButton } from './textbutton';

/**
 * Something that only the kernel knows: read when it is opened, and again when somebody asks.
 */
export function OnDemand<T>(props: {
  className: string;
  title: string;
  /** Whether it is open from the beginning. */
  isOpen?: boolean;
  read: () => Promise<T>;
  trans: TranslationBundle;
  children: (found: T) => React.ReactNode;
}): JSX.Element {
  const { read, trans } = props;
  const [found, setFound] = useState<{ value: T } | { error: Error } | null>(
    null
  );

  // An answer that comes when nobody waits for it any more is not drawn.
  const isMounted = useRef(true);
  useEffect(() => {
    isMounted.current = true;
    return () => {
      isMounted.current = false;
    };
  }, []);
  const refresh = () => {
    read().then(
      value => isMounted.current && setFound({ value }),
      (error: Error) => isMounted.current && setFound({ error })
    );
  };

  return (
    <details
      className={`jp-Jobs-onDemand ${props.className}`}
      open={props.isOpen}
      onToggle={event => {
        if (event.currentTarget.open) {
          refresh();
        }
      }}
    >
      <summary>{props.title}</summary>
      {found && 'value' in found ? (
        props.children(found.value)
      ) : (
        <div className="jp-Jobs-note">
          {found ? found.error.message : trans.__('Asking the kernel…')}
        </div>
      )}
      <TextButton label={trans.__('Refresh')} onClick={refresh} />
    </details>
  );
}
