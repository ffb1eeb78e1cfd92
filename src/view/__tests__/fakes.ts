import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import type {
  IJob,
  IJobItems,
  IJobOutput,
  IJobVariables,
  IOutputLog
} from '../../model/job';
import { job } from '../../model/__tests__/messages';
import type { IJobs, IJobsState, IKernelJobs } from '../../tokens';

export { text as stream } from '../../model/__tests__/messages';

export const RUNTIME = 'r1';

/** A job that runs since the epoch, unless `fields` say otherwise. */
export function makeJob(id: number, fields: Partial<IJob> = {}): IJob {
  return job(
    id,
    {
      name: `job_${id}()`,
      code: `job_${id}()`,
      cellId: `cell-${id}`,
      request: `request-${id}`,
      executionCount: id,
      submitted: 0,
      started: 0,
      ...fields
    },
    fields.runtime ?? RUNTIME
  );
}

export function makeLog(items: readonly IJobOutput[], dropped = 0): IOutputLog {
  return { items, dropped, clearPending: false };
}

/** A kernel whose jobs are what a test says. */
export class FakeKernelJobs implements IKernelJobs {
  constructor(
    jobs: readonly IJob[],
    readonly kernelId = 'kernel-1'
  ) {
    this._state = {
      status: { kind: 'ready', runtime: RUNTIME, version: '1' },
      jobs: byKey(jobs),
      outputs: new Map(),
      cells: new Map(),
      snapshots: 1
    };
  }

  readonly isIdle = true;

  time = 12;

  get state(): IJobsState {
    return this._state;
  }

  get stateChanged(): ISignal<this, IJobsState> {
    return this._stateChanged;
  }

  now(): number {
    return this.time;
  }

  change(state: Partial<IJobsState>): void {
    this._state = { ...this._state, ...state };
    this._stateChanged.emit(this._state);
  }

  setJobs(jobs: readonly IJob[]): void {
    this.change({ jobs: byKey(jobs) });
  }

  items(): Promise<IJobItems> {
    return Promise.resolve({ total: 0, items: [] });
  }

  variables(): Promise<IJobVariables> {
    return Promise.resolve({ total: 0, variables: [] });
  }

  startNow(): Promise<void> {
    return Promise.resolve();
  }

  configure(): Promise<void> {
    return Promise.resolve();
  }

  submit(): Promise<readonly number[]> {
    return Promise.resolve([]);
  }

  kill(): Promise<void> {
    return Promise.resolve();
  }

  killAll(): Promise<void> {
    return Promise.resolve();
  }

  clear(): Promise<void> {
    return Promise.resolve();
  }

  remove(): Promise<void> {
    return Promise.resolve();
  }

  land(): Promise<readonly string[]> {
    return Promise.resolve([]);
  }

  async *output(id: number): AsyncGenerator<string> {
    yield `all of ${id}, `;
    yield 'in two parts';
  }

  private _state: IJobsState;
  private readonly _stateChanged = new Signal<this, IJobsState>(this);
}

/** The kernels that a test says the page follows. */
export class FakeJobs implements IJobs {
  kernels: FakeKernelJobs[] = [];

  get kernelsChanged(): ISignal<this, void> {
    return this._kernelsChanged;
  }

  setKernels(kernels: FakeKernelJobs[]): void {
    this.kernels = kernels;
    this._kernelsChanged.emit();
  }

  attach(): never {
    throw new Error('The view attaches no kernel.');
  }

  prepare(): never {
    throw new Error('The view prepares no kernel.');
  }

  load(): never {
    throw new Error('The view loads no runtime.');
  }

  get(kernelId: string): IKernelJobs | null {
    return this.kernels.find(kernel => kernel.kernelId === kernelId) ?? null;
  }

  recall(): never {
    throw new Error('The view recalls no jobs.');
  }

  find(runtime: string): IKernelJobs | null {
    return runtime === RUNTIME ? (this.kernels[0] ?? null) : null;
  }

  private readonly _kernelsChanged = new Signal<this, void>(this);
}

function byKey(jobs: readonly IJob[]): ReadonlyMap<string, IJob> {
  return new Map(jobs.map(job => [job.key, job]));
}
