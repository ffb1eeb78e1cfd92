import type { ReadonlyJSONValue } from '@lumino/coreutils';

import type { History, IRemembered } from '../history';
import type { IHistoryDatabase } from '../historystore';
import type { IJob, IJobOutput } from '../job';
import { job } from './messages';

export { text } from './messages';

/** A job that has finished, unless `fields` say otherwise. */
export function finishedJob(
  id: number,
  fields: Partial<IJob> = {},
  runtime = 'r1'
): IJob {
  return job(
    id,
    {
      state: 'finished',
      cellId: 'cell',
      request: 'request',
      executionCount: 3,
      ended: id + 1,
      ...fields
    },
    runtime
  );
}

export function remembered(
  job: IJob,
  items: readonly IJobOutput[] = [],
  kernelId = 'k1'
): IRemembered {
  return { job, log: { items, dropped: 0, clearPending: false }, kernelId };
}

export function historyOf(...entries: IRemembered[]): History {
  return new Map(entries.map(entry => [entry.job.key, entry]));
}

/** A state database that forgets everything with the test. */
export class FakeDatabase implements IHistoryDatabase {
  readonly entries = new Map<string, ReadonlyJSONValue>();
  saves = 0;

  fetch(id: string): Promise<ReadonlyJSONValue | undefined> {
    return Promise.resolve(this.entries.get(id));
  }

  list(): Promise<{ ids: string[]; values: ReadonlyJSONValue[] }> {
    return Promise.resolve({
      ids: [...this.entries.keys()],
      values: [...this.entries.values()]
    });
  }

  save(id: string, value: ReadonlyJSONValue): Promise<void> {
    this.saves += 1;
    this.entries.set(
      id,
      JSON.parse(JSON.stringify(value)) as ReadonlyJSONValue
    );
    return Promise.resolve();
  }

  remove(id: string): Promise<void> {
    this.entries.delete(id);
    return Promise.resolve();
  }
}
