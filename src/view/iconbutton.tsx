import type { LabIcon } from '@jupyterlab/ui-components';
import React from 'react';

/**
 * A small button that is only an icon.
 *
 * A plain `button`, not the toolkit's: a panel may hold a thousand of them.
 */
export function IconButton(props: {
  icon: LabIcon;
  /** Its name, for those who cannot see the icon. */
  label: string;
  /** What it does, if `label` does not say it in full. */
  title?: string;
  className?: string;
  disabled?: boolean;
  tabIndex?: number;
  onClick: () => void;
}): JSX.Element {
  const className = ['jp-Jobs-iconButton', props.className];
  return (
    <button
      type="button"
      className={className.filter(Boolean).join(' ')}
      aria-label={props.label}
      title={props.title ?? props.label}
      disabled={props.disabled}
      tabIndex={props.tabIndex}
      onClick={props.onClick}
    >
      <props.icon.react tag={null} />
    </button>
  );
}
