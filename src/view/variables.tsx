import type { TranslationBundle } from '@jupyterlab/translation';
import React from 'react';

import type { IJob, IJobVariables } from '../model/job';
import { OnDemand } from './ondemand';

/**
 * What a job has assigned so far.
 */
export function Variables(props: {
  job: IJob;
  read: (job: IJob) => Promise<IJobVariables>;
  trans: TranslationBundle;
}): JSX.Element {
  const { job, read, trans } = props;
  return (
    <OnDemand
      className="jp-Jobs-variables"
      title={trans.__('Variables')}
      read={() => read(job)}
      trans={trans}
    >
      {found => <VariableTable {...found} trans={trans} />}
    </OnDemand>
  );
}

function VariableTable(
  props: IJobVariables & { trans: TranslationBundle }
): JSX.Element {
  const { total, variables, trans } = props;
  if (total === 0) {
    return (
      <div className="jp-Jobs-note">
        {trans.__('It has assigned nothing yet.')}
      </div>
    );
  }
  const more = total - variables.length;
  return (
    <>
      <table>
        <thead>
          <tr>
            <th scope="col">{trans.__('Name')}</th>
            <th scope="col">{trans.__('Type')}</th>
            <th scope="col">{trans.__('Value')}</th>
          </tr>
        </thead>
        <tbody>
          {variables.map(({ name, type, value }) => (
            <tr key={name}>
              <th scope="row">
                <bdi>{name}</bdi>
              </th>
              <td>
                <bdi>{type}</bdi>
              </td>
              <td>
                <bdi title={value}>{value}</bdi>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {more > 0 && (
        <div className="jp-Jobs-note">
          {trans._n('%1 more', '%1 more', more)}
        </div>
      )}
    </>
  );
}
