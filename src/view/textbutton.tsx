import React from 'react';

/**
 * A small button with a text.
 */
export function TextButton(props: {
  label: string;
  /** What it does, if `label` does not say it in full. */
  title?: string;
  isDisabled?: boolean;
  onClick: () => void;
}): JSX.Element {
  return (
    <button
      type="button"
      className="jp-Jobs-textButton"
      title={props.title}
      disabled={props.isDisabled}
      onClick={props.onClick}
    >
      {props.label}
    </button>
  );
}
