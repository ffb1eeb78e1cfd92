import type { TranslationBundle } from '@jupyterlab/translation';
import { InputGroup } from '@jupyterlab/ui-components';
import React from 'react';

/**
 * Where the user types what the panel is to show.
 */
export function FilterBox(props: {
  query: string;
  trans: TranslationBundle;
  onChange: (query: string) => void;
}): JSX.Element {
  const { query, trans, onChange } = props;
  return (
    <div className="jp-Jobs-filter">
      <InputGroup
        type="search"
        rightIcon="ui-components:search"
        value={query}
        placeholder={trans.__('Filter jobs…')}
        title={trans.__('By name, code, state, number or place')}
        aria-label={trans.__('Filter jobs')}
        onChange={event => onChange(event.target.value)}
        onKeyDown={event => {
          if (event.key === 'Escape' && query !== '') {
            event.stopPropagation();
            onChange('');
          }
        }}
      />
    </div>
  );
}
