import * as fc from 'fast-check';

import type { ISnapshot, JobsMessage } from '../../kernel/protocol';
import type { ICellLog, IJob, IOutputLog } from '../job';
import { jobKey } from '../job';
import { applyOutput, EMPTY_LOG, isEmptyLog } from '../outputlog';
import type { IModelState } from '../reducer';
import { INITIAL_STATE, reduce } from '../reducer';
import { event, job, messages, output, text } from './messages';

/** Chooses a number below a limit. */
type Below = (limit: number) => number;

/** A kernel: publishes messages, and knows what they add up to. */
class Kernel {
  constructor(private readonly _below: Below) {}

  publish(): JobsMessage {
    const seq = ++this._seq;
    const id = 1 + this._below(4);
    const kind = this._below(10);
    if (kind < 3 || !this._jobs.has(id)) {
      const state = (['running', 'stopping', 'finished'] as const)[
        this._below(3)
      ];
      this._jobs.set(id, job(id, { state, ended: seq }));
      return event(
        seq,
        [job(id, { state, ended: seq })],
        [],
        'r1',
        this._newCell(id)
      );
    }
    if (kind === 3) {
      this._jobs.delete(id);
      this._logs.delete(id);
      const request = `q${id}`;
      const isRemoved = this._below(2) === 0 && this._cells.delete(request);
      return event(seq, [], [id], 'r1', new Map(), isRemoved ? [request] : []);
    }
    const message = this._write(seq, id, kind);
    if (message.kind === 'output') {
      this._apply(message);
    }
    return message;
  }

  /** A cell that was silent until now, or has written something. */
  private _newCell(id: number): ReadonlyMap<string, ICellLog> {
    const request = `q${id}`;
    if (this._cells.has(request)) {
      return new Map();
    }
    const change = { type: 'append', item: text('before') } as const;
    const log = this._below(2) ? applyOutput(EMPTY_LOG, change) : EMPTY_LOG;
    const cell = { cellId: `c${id}`, log };
    this._cells.set(request, cell);
    this._changed.set(request, this._seq);
    return new Map([[request, cell]]);
  }

  private _apply(message: JobsMessage & { kind: 'output' }): void {
    const { job, request, change } = message;
    if (job !== null) {
      const log = this._logs.get(job) ?? EMPTY_LOG;
      this._logs.set(job, applyOutput(log, change));
      this._changed.set(job, this._seq);
    }
    for (const [id, cell] of this._cells) {
      if (id === request || change.type === 'update') {
        this._cells.set(id, { ...cell, log: applyOutput(cell.log, change) });
        this._changed.set(id, this._seq);
      }
    }
  }

  /** All that there is, without the logs that `since` knows. */
  snapshot(since: number | null = null): ISnapshot {
    const isChanged = ([key]: [number | string, unknown]) =>
      since === null || (this._changed.get(key) ?? 0) > since;
    const isUnchanged = (entry: [number | string, unknown]) =>
      !isChanged(entry);
    return {
      runtime: 'r1',
      version: '1.0',
      seq: this._seq,
      now: 0,
      jobs: [...this._jobs.values()].sort((a, b) => a.id - b.id),
      outputs: new Map(
        [...this._logs]
          .filter(isChanged)
          .map(([id, log]) => [jobKey('r1', id), log])
      ),
      cells: new Map([...this._cells].filter(isChanged)),
      since,
      unchangedOutputs: [...this._logs]
        .filter(isUnchanged)
        .map(([id]) => jobKey('r1', id)),
      unchangedCells: [...this._cells]
        .filter(isUnchanged)
        .map(([request]) => request)
    };
  }

  private _write(seq: number, id: number, kind: number): JobsMessage {
    const displayId = `d${this._below(2)}`;
    const data = { 'text/plain': `${seq}` };
    const base = {
      kind: 'output',
      runtime: 'r1',
      seq,
      // Some of it is what the cell itself has written; and some jobs have no cell.
      job: this._below(3) ? id : null,
      request: this._below(3) ? `q${id}` : null
    } as const;
    switch (kind) {
      case 4:
        return {
          ...base,
          change: { type: 'clear', wait: this._below(2) === 0 }
        };
      case 5:
        return {
          ...base,
          change: { type: 'update', displayId, data, metadata: {} }
        };
      case 6: {
        const display = { output_type: 'display_data', data, metadata: {} };
        return {
          ...base,
          change: { type: 'append', item: { output: display, displayId } }
        };
      }
      default:
        return output(
          seq,
          base.job,
          text(`${seq};`, this._below(3) ? 'stdout' : 'stderr'),
          base.request
        );
    }
  }

  private _cells = new Map<string, ICellLog>();
  /** The number of the message that has last changed a log, by job or request. */
  private _changed = new Map<number | string, number>();

  private _jobs = new Map<number, IJob>();
  private _logs = new Map<number, IOutputLog>();
  private _seq = 0;
}

const visible = (state: IModelState) => ({
  jobs: [...state.jobs.values()].sort((a, b) => a.id - b.id),
  outputs: [...state.outputs].sort(([a], [b]) => a.localeCompare(b)),
  cells: [...state.cells].sort(([a], [b]) => a.localeCompare(b)),
  seq: state.session?.seq
});

/** What is chosen, again and again: a failure is told with as few choices as it takes. */
const choices = fc
  .array(fc.nat(), { minLength: 1, maxLength: 600 })
  .map((numbers): Below => {
    let next = 0;
    return limit => numbers[next++ % numbers.length] % limit;
  });

it('ends in what the kernel says, after any order, loss and duplication', () => {
  fc.assert(
    fc.property(choices, fc.integer({ min: 1, max: 200 }), (below, steps) => {
      const kernel = new Kernel(below);
      const onTheWay: JobsMessage[] = [];
      const snapshots: ISnapshot[] = [kernel.snapshot()];
      let state = INITIAL_STATE;
      for (let step = 0; step < steps; step++) {
        if (below(2)) {
          const message = kernel.publish();
          // One in ten is lost, one in ten comes twice, any may be overtaken.
          const copies = [0, 2][below(10)] ?? 1;
          for (let copy = 0; copy < copies; copy++) {
            const place = Math.max(0, onTheWay.length - below(3));
            onTheWay.splice(place, 0, message);
          }
        } else if (below(4)) {
          const batch = onTheWay.splice(0, 1 + below(3));
          state = reduce(state, messages(...batch));
        } else if (state.resync && snapshots.length === 0) {
          snapshots.push(kernel.snapshot(state.session?.seq));
        } else if (snapshots.length > 0) {
          const [snapshot] = snapshots.splice(0, 1);
          state = reduce(state, { type: 'snapshot', snapshot, at: 0 });
        }
      }
      // Whatever is on the way arrives; then a last word, so that no loss stays unnoticed.
      state = reduce(state, messages(...onTheWay, kernel.publish()));
      for (const snapshot of snapshots) {
        state = reduce(state, { type: 'snapshot', snapshot, at: 0 });
      }
      if (state.resync || state.session === null) {
        const snapshot = kernel.snapshot(state.session?.seq);
        state = reduce(state, { type: 'snapshot', snapshot, at: 0 });
      }
      const truth = reduce(INITIAL_STATE, {
        type: 'snapshot',
        snapshot: kernel.snapshot(),
        at: 0
      });
      expect(state.resync).toBe(false);
      expect(visible(state)).toEqual(visible(truth));
      expect([...state.outputs.values()].some(isEmptyLog)).toBe(false);
    }),
    { numRuns: 500 }
  );
});
