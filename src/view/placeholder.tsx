import type { TranslationBundle } from '@jupyterlab/translation';
import React from 'react';

/**
 * A page without jobs, which says why, and what to do.
 */
export function Placeholder(props: {
  title: string;
  text?: string;
  children?: React.ReactNode;
}): JSX.Element {
  return (
    <div className="jp-Jobs-placeholder">
      <h3>{props.title}</h3>
      {props.text && <p>{props.text}</p>}
      {props.children}
    </div>
  );
}

const LINE_EXAMPLE = '%job download(urls)';

const CELL_EXAMPLE = `%%job
for epoch in range(100):
    train(model)`;

/**
 * How to start a first job.
 */
export function FirstSteps(props: { trans: TranslationBundle }): JSX.Element {
  const { trans } = props;
  return (
    <Placeholder
      title={trans.__('No jobs yet')}
      text={trans.__(
        'Put %1 before a line, or %2 on a cell’s first line: it runs in the background while you go on working.',
        '%job',
        '%%job'
      )}
    >
      <pre className="jp-Jobs-example">{LINE_EXAMPLE}</pre>
      <pre className="jp-Jobs-example">{CELL_EXAMPLE}</pre>
    </Placeholder>
  );
}
