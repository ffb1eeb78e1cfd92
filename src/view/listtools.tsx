import type { TranslationBundle } from '@jupyterlab/translation';
import { HTMLSelect } from '@jupyterlab/ui-components';
import React from 'react';

import { FilterBox } from './filterbox';
import type { SortOrder } from './sorting';
import { SORT_ORDERS } from './sorting';

/**
 * Whose jobs are listed: those of the notebook in front, or of all notebooks.
 */
export type Scope = 'this' | 'all';

/**
 * What the user chooses to see of the jobs, and in which order.
 */
export function ListTools(props: {
  query: string;
  /** Null where there is no list to be ordered. */
  order: SortOrder | null;
  /** Null if there is nothing to choose. */
  scope: Scope | null;
  trans: TranslationBundle;
  onQuery: (query: string) => void;
  onOrder: (order: SortOrder) => void;
  onScope: (scope: Scope) => void;
}): JSX.Element {
  const { query, order, scope, trans } = props;
  const scopes: readonly [Scope, string][] = [
    ['this', trans.__('This notebook')],
    ['all', trans.__('All notebooks')]
  ];
  return (
    <div className="jp-Jobs-tools">
      <FilterBox query={query} trans={trans} onChange={props.onQuery} />
      {order !== null && (
        <HTMLSelect
          className="jp-Jobs-sort"
          value={order}
          aria-label={trans.__('Order')}
          title={trans.__('Order')}
          options={SORT_ORDERS.map(value => ({
            value,
            label: orderLabel(value, trans)
          }))}
          onChange={event => props.onOrder(event.target.value as SortOrder)}
        />
      )}
      {scope !== null && (
        <div
          className="jp-Jobs-scope"
          role="group"
          aria-label={trans.__('Jobs of')}
        >
          {scopes.map(([value, label]) => (
            <button
              key={value}
              type="button"
              aria-pressed={scope === value}
              onClick={() => props.onScope(value)}
            >
              {label}
            </button>
          ))}
        </div>
      )}
    </div>
  );
}

function orderLabel(order: SortOrder, trans: TranslationBundle): string {
  switch (order) {
    case 'newest':
      return trans.__('Newest first');
    case 'oldest':
      return trans.__('Oldest first');
    case 'name':
      return trans.__('By name');
    case 'duration':
      return trans.__('Longest first');
  }
}
