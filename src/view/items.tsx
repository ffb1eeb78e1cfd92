import type { TranslationBundle } from '@jupyterlab/translation';
import React, { useState } from 'react';

import type { IItemRange, IJob, IJobItem, IJobItems } from '../model/job';
import { OnDemand } from './ondemand';
import { stateText } from './statetext';
import { TextButton } from './textbutton';

/** How many items are shown at once. */
const PAGE = 100;

/**
 * The items of a group, a page at a time.
 */
export function Items(props: {
  job: IJob;
  read: (job: IJob, part: IItemRange) => Promise<IJobItems>;
  trans: TranslationBundle;
}): JSX.Element {
  const { job, read, trans } = props;
  const [offset, setOffset] = useState(0);
  const [failed, setFailed] = useState(false);
  return (
    <OnDemand
      className="jp-Jobs-items"
      title={trans.__('Items')}
      // Another page is other content, which is read at once.
      key={`${offset} ${failed}`}
      isOpen={offset > 0 || failed}
      read={() => read(job, { offset, limit: PAGE, failed })}
      trans={trans}
    >
      {({ total, items }) => (
        <>
          <label>
            <input
              type="checkbox"
              checked={failed}
              onChange={event => {
                setOffset(0);
                setFailed(event.target.checked);
              }}
            />
            {trans.__('Only those that failed')}
          </label>
          {items.length > 0 ? (
            <ItemTable items={items} trans={trans} />
          ) : (
            <div className="jp-Jobs-note">{trans.__('There are none.')}</div>
          )}
          {total > PAGE && (
            <div className="jp-Jobs-pages">
              <TextButton
                label={trans.__('Previous')}
                isDisabled={offset === 0}
                onClick={() => setOffset(offset - PAGE)}
              />
              <span>
                {trans.__(
                  '%1–%2 of %3',
                  offset + 1,
                  Math.min(offset + PAGE, total),
                  total
                )}
              </span>
              <TextButton
                label={trans.__('Next')}
                isDisabled={offset + PAGE >= total}
                onClick={() => setOffset(offset + PAGE)}
              />
            </div>
          )}
        </>
      )}
    </OnDemand>
  );
}

function ItemTable(props: {
  items: readonly IJobItem[];
  trans: TranslationBundle;
}): JSX.Element {
  const { items, trans } = props;
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">{trans.__('Item')}</th>
          <th scope="col">{trans.__('State')}</th>
          <th scope="col">{trans.__('Result')}</th>
        </tr>
      </thead>
      <tbody>
        {items.map(({ index, state, text }) => (
          <tr key={index} data-state={state}>
            <th scope="row">{index}</th>
            <td>{stateText({ state }, trans)}</td>
            <td>
              <bdi title={text}>{text}</bdi>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
