import type { TranslationBundle } from '@jupyterlab/translation';
import React, { useEffect, useState } from 'react';

import { TextButton } from './textbutton';

/** How long the button says that it has copied, in milliseconds. */
const CONFIRMATION = 2000;

/**
 * A button that copies something, and says that it did.
 */
export function CopyButton(props: {
  label: string;
  trans: TranslationBundle;
  onCopy: () => void;
}): JSX.Element {
  const { label, trans, onCopy } = props;
  const [copied, setCopied] = useState(0);

  useEffect(() => {
    if (copied === 0) {
      return;
    }
    const timer = window.setTimeout(() => setCopied(0), CONFIRMATION);
    return () => window.clearTimeout(timer);
  }, [copied]);

  return (
    <TextButton
      label={copied ? trans.__('Copied') : label}
      onClick={() => {
        onCopy();
        setCopied(copied + 1);
      }}
    />
  );
}
