import type { ReadonlyJSONValue } from '@lumino/coreutils';

import type { History, IRemembered } from '../history';
import type { IHistoryDatabase } from '../historystore';
import type { IJob, IJobOutput } from '../job';
import { jobKey } from '../job';

/** A job that has finished, unless `fields` say otherwise. */
export function finishedJob(
  id: number,
  fields: Partial<IJob> = {},
  runtime = 'r1'
): IJob {
  return {
    key: jobKey(runtime, id),
    runtime,
    id,
    name: `job ${id}`,
    state: 'finished',
    code: 'f()',
    cellId: 'cell',
    request: 'request',
    executionCount: 3,
    backend: 'thread',
    place: null,
    lane: 'queue',
    submitted: id,
    started: id,
    ended: id + 1,
    stoppingSince: null,
    stuckIn: null,
    timedOut: false,
    waitingFor: null,
    killReason: null,
    notify: false,
    hasItems: false,
    progress: null,
    error: null,
    ...fields
  };
}

export function text(text: string): IJobOutput {
  return {
    output: { output_type: 'stream', name: 'stdout', text },
    displayId: null
  };
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
