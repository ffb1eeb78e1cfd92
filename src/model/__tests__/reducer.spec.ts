import type { ISnapshot, JobsMessage } from '../../kernel/protocol';
import type { ICellLog, IJob, IJobOutput, IOutputLog } from '../job';
import { jobKey } from '../job';
import { applyOutput, EMPTY_LOG, isEmptyLog } from '../outputlog';
import type { Action, IModelState } from '../reducer';
import { INITIAL_STATE, reduce } from '../reducer';

function job(id: number, fields: Partial<IJob> = {}, runtime = 'r1'): IJob {
  return {
    key: jobKey(runtime, id),
    runtime,
    id,
    name: `job ${id}`,
    state: 'running',
    code: 'f()',
    cellId: null,
    request: null,
    executionCount: null,
    backend: 'thread',
    place: null,
    lane: 'queue',
    submitted: id,
    started: id,
    ended: null,
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

function event(
  seq: number,
  jobs: readonly IJob[],
  removed: readonly number[] = [],
  runtime = 'r1',
  cells: ReadonlyMap<string, ICellLog> = new Map(),
  removedCells: readonly string[] = []
): JobsMessage {
  return {
    kind: 'jobs',
    runtime,
    seq,
    now: seq,
    jobs,
    removed,
    cells,
    removedCells
  };
}

function text(text: string, name = 'stdout'): IJobOutput {
  return {
    output: { output_type: 'stream', name, text },
    displayId: null
  };
}

function output(
  seq: number,
  id: number | null,
  item: IJobOutput,
  request: string | null = null
): JobsMessage {
  return {
    kind: 'output',
    runtime: 'r1',
    seq,
    job: id,
    request,
    change: { type: 'append', item }
  };
}

function snapshot(
  seq: number,
  jobs: readonly IJob[] = [],
  outputs: ReadonlyMap<string, IOutputLog> = new Map(),
  runtime = 'r1',
  cells: ReadonlyMap<string, ICellLog> = new Map()
): Action {
  return {
    type: 'snapshot',
    at: 0,
    snapshot: {
      runtime,
      version: '1.0',
      seq,
      now: 100,
      jobs,
      outputs,
      cells,
      since: null,
      unchangedOutputs: [],
      unchangedCells: []
    }
  };
}

function messages(...messages: JobsMessage[]): Action {
  return { type: 'messages', messages, at: 0 };
}

function run(...actions: Action[]): IModelState {
  return actions.reduce(reduce, INITIAL_STATE);
}

const ids = (state: IModelState) => [...state.jobs.keys()];

describe('reduce', () => {
  it('is ready with a snapshot', () => {
    const state = run(snapshot(4, [job(2), job(1)]));
    expect(state.status).toEqual({
      kind: 'ready',
      runtime: 'r1',
      version: '1.0'
    });
    expect(ids(state)).toEqual(['r1:1', 'r1:2']);
    expect(state.session).toEqual({
      runtime: 'r1',
      seq: 4,
      clockOffset: 100
    });
  });

  it('applies the next message', () => {
    const state = run(
      snapshot(4),
      messages(event(5, [job(1)])),
      messages(output(6, 1, text('a')), output(7, 1, text('b'))),
      messages(event(8, [job(1, { state: 'finished' }), job(2)]))
    );
    expect(state.jobs.get('r1:1')?.state).toBe('finished');
    expect(state.outputs.get('r1:1')?.items).toEqual([text('ab')]);
    expect(state.session?.seq).toBe(8);
    expect(state.resync).toBe(false);
  });

  it('keeps what stands under a cell, and forgets it', () => {
    const cell = { cellId: 'c', log: { ...EMPTY_LOG, items: [text('a')] } };
    const told = event(1, [job(1)], [], 'r1', new Map([['q', cell]]));
    const state = run(
      snapshot(0),
      messages(
        told,
        output(2, 1, text('b'), 'q'),
        output(3, null, text('c'), 'q')
      ),
      messages(
        output(4, 1, text('elsewhere')),
        output(5, 1, text('?'), 'other')
      )
    );
    expect(state.cells.get('q')?.log.items).toEqual([text('abc')]);
    expect(state.outputs.get('r1:1')?.items).toEqual([text('belsewhere?')]);
    expect(state.snapshots).toBe(1);
    const removed = event(6, [], [], 'r1', new Map(), ['q']);
    expect(reduce(state, messages(removed)).cells.size).toBe(0);
    expect(reduce(state, { type: 'restarted', at: 0 }).cells.size).toBe(0);
  });

  it('keeps the logs that a snapshot only names', () => {
    const cell = { cellId: 'c', log: { ...EMPTY_LOG, items: [text('cell')] } };
    const before = run(
      snapshot(0),
      messages(
        event(1, [job(1), job(2)], [], 'r1', new Map([['q', cell]])),
        output(2, 1, text('kept')),
        output(3, 2, text('old'))
      )
    );
    const news: ISnapshot = {
      runtime: 'r1',
      version: '1.0',
      seq: 9,
      now: 9,
      jobs: [job(1), job(2)],
      outputs: new Map([['r1:2', { ...EMPTY_LOG, items: [text('new')] }]]),
      cells: new Map(),
      since: 3,
      unchangedOutputs: ['r1:1'],
      unchangedCells: ['q']
    };
    const after = reduce(before, { type: 'snapshot', snapshot: news, at: 0 });
    expect(after.outputs.get('r1:1')).toBe(before.outputs.get('r1:1'));
    expect(after.outputs.get('r1:2')?.items).toEqual([text('new')]);
    expect(after.cells.get('q')).toBe(before.cells.get('q'));
    expect(after.session?.seq).toBe(9);
    // Of another session's, nothing is there to be kept: all must be told.
    const other = { ...news, runtime: 'r2' };
    const lost = reduce(before, { type: 'snapshot', snapshot: other, at: 0 });
    expect(lost.session?.runtime).toBe('r1');
    expect(lost.resync).toBe(true);
    const none = reduce(INITIAL_STATE, {
      type: 'snapshot',
      snapshot: news,
      at: 0
    });
    expect(none.status.kind).toBe('connecting');
  });

  it('knows by identity of which cell nothing was missed', () => {
    const cell = (value: string) => ({
      cellId: 'c',
      log: { ...EMPTY_LOG, items: [text(value)] }
    });
    const cells = (...values: string[]) =>
      new Map(values.map((value, index) => [`q${index}`, cell(value)]));
    const state = run(
      snapshot(1, [], new Map(), 'r1', cells('a', 'b')),
      snapshot(2, [], new Map(), 'r1', cells('a', 'bc'))
    );
    const before = run(snapshot(1, [], new Map(), 'r1', cells('a', 'b')));
    const after = reduce(
      before,
      snapshot(2, [], new Map(), 'r1', cells('a', 'bc'))
    );
    expect(after.cells.get('q0')).toBe(before.cells.get('q0'));
    expect(after.cells.get('q1')).not.toBe(before.cells.get('q1'));
    expect(after.cells).toEqual(state.cells);
  });

  it('forgets a removed job and its output', () => {
    const state = run(
      snapshot(0, [job(1), job(2)]),
      messages(output(1, 1, text('a')), event(2, [], [1]))
    );
    expect(ids(state)).toEqual(['r1:2']);
    expect(state.outputs.size).toBe(0);
  });

  it('ignores what it knows, without becoming another state', () => {
    const state = run(snapshot(4, [job(1)]));
    expect(reduce(state, messages(event(4, [job(2)])))).toBe(state);
    expect(reduce(state, messages(event(1, [], [1])))).toBe(state);
    expect(reduce(state, messages())).toBe(state);
  });

  it('puts messages in their order', () => {
    const state = run(
      snapshot(4),
      messages(event(6, [], [1]), event(5, [job(1), job(2)]))
    );
    expect(ids(state)).toEqual(['r1:2']);
    expect(state.resync).toBe(false);
  });

  it('waits for what it has missed', () => {
    const before = run(snapshot(4, [job(1)]));
    const state = reduce(before, messages(event(6, [job(3)])));
    expect(state.resync).toBe(true);
    expect(state.jobs).toBe(before.jobs);
    const after = reduce(state, snapshot(5, [job(1), job(2)]));
    expect(ids(after)).toEqual(['r1:1', 'r1:2', 'r1:3']);
    expect(after.resync).toBe(false);
    expect(after.waiting).toEqual([]);
  });

  it('asks again if a snapshot does not close the gap', () => {
    const state = run(
      snapshot(4),
      messages(event(9, [job(9)])),
      snapshot(6, [job(6)])
    );
    expect(state.resync).toBe(true);
    expect(ids(state)).toEqual(['r1:6']);
  });

  it('drops what a runtime said that the snapshot is not of', () => {
    const stray = event(3, [job(3, {}, 'r0')], [], 'r0');
    const state = run(messages(stray, event(5, [job(2)])), snapshot(4));
    expect(state.waiting).toEqual([]);
    expect(state.resync).toBe(false);
    expect(ids(state)).toEqual(['r1:2']);
  });

  it('ignores a snapshot that newer messages have overtaken', () => {
    const state = run(snapshot(4), messages(event(5, [job(1)])));
    expect(reduce(state, snapshot(4))).toBe(state);
  });

  it('keeps messages that come before the first snapshot', () => {
    const early = run(messages(event(3, [job(3)])));
    expect(early.resync).toBe(true);
    expect(early.jobs.size).toBe(0);
    expect(ids(reduce(early, snapshot(2, [job(1)])))).toEqual(['r1:1', 'r1:3']);
  });

  it('asks for a snapshot when messages may have been missed', () => {
    expect(run({ type: 'interrupted' })).toBe(INITIAL_STATE);
    const state = run(snapshot(4), { type: 'interrupted' });
    expect(state.resync).toBe(true);
    expect(reduce(state, { type: 'interrupted' })).toBe(state);
    const next = reduce(state, messages(event(5, [job(1)])));
    expect(next.resync).toBe(true);
    expect(next.jobs.size).toBe(1);
  });

  it('keeps the identity of what does not change', () => {
    const before = run(snapshot(4, [job(1)]));
    const after = reduce(before, snapshot(4, [job(1)]));
    expect(after.status).toBe(before.status);
  });

  it('counts an event that tells nothing, and shows no change', () => {
    const before = run(snapshot(0, [job(1)]));
    const after = reduce(before, messages(event(1, [])));
    expect(after.session?.seq).toBe(1);
    expect(after.jobs).toBe(before.jobs);
    expect(after.outputs).toBe(before.outputs);
  });

  it('takes the least delayed message for the clock', () => {
    const at = (now: number): Action => ({
      type: 'messages',
      at: 0,
      messages: [{ ...event(now - 99, []), now } as JobsMessage]
    });
    expect(run(snapshot(0), at(100)).session?.clockOffset).toBe(100);
    const later = reduce(run(snapshot(0), at(100)), {
      type: 'messages',
      at: 0,
      messages: [{ ...event(2, []), now: 103 } as JobsMessage]
    });
    expect(later.session?.clockOffset).toBe(103);
  });

  describe('when the kernel ends', () => {
    const outputs = new Map([['r1:1', { ...EMPTY_LOG, items: [text('a')] }]]);
    const before = run(
      snapshot(4, [job(1), job(2, { state: 'failed', ended: 3 })], outputs)
    );
    const after = reduce(before, { type: 'restarted', at: 7 });

    it('loses the jobs that had not ended, and keeps what they wrote', () => {
      expect(after.status).toEqual({ kind: 'connecting' });
      expect([...after.jobs.values()]).toEqual([
        job(1, { state: 'lost', ended: 107 }),
        job(2, { state: 'failed', ended: 3 })
      ]);
      expect(after.outputs).toBe(before.outputs);
    });

    it('says why it is gone', () => {
      const state = reduce(before, { type: 'died', at: 7, reason: 'Dead.' });
      expect(state.status).toEqual({ kind: 'unavailable', reason: 'Dead.' });
      expect(state.jobs.get('r1:1')?.state).toBe('lost');
    });

    it('lists the jobs of both sessions', () => {
      const state = reduce(
        after,
        snapshot(1, [job(1, {}, 'r2')], new Map(), 'r2')
      );
      expect(ids(state)).toEqual(['r1:1', 'r1:2', 'r2:1']);
      expect(state.former).toEqual(['r1']);
      expect(state.outputs.get('r1:1')?.items).toEqual([text('a')]);
      const next = reduce(
        state,
        messages(event(2, [job(2, {}, 'r2')], [], 'r2'))
      );
      expect(ids(next)).toEqual(['r1:1', 'r1:2', 'r2:1', 'r2:2']);
    });

    it('ignores what the old session says', () => {
      expect(reduce(after, messages(event(5, [job(1)])))).toBe(after);
    });

    it('forgets the jobs of earlier sessions only', () => {
      const state = reduce(
        after,
        snapshot(1, [job(1, {}, 'r2')], new Map(), 'r2')
      );
      const cleared = reduce(state, { type: 'forgotten', key: null });
      expect(ids(cleared)).toEqual(['r2:1']);
      expect(cleared.outputs.size).toBe(0);
      expect(reduce(cleared, { type: 'forgotten', key: null })).toBe(cleared);
    });

    it('forgets one of them', () => {
      const forget = (key: string) =>
        ids(reduce(after, { type: 'forgotten', key }));
      expect(ids(after)).toEqual(['r1:1', 'r1:2']);
      expect(forget('r1:1')).toEqual(['r1:2']);
      expect(forget('r1:9')).toEqual(['r1:1', 'r1:2']);
    });

    it('finds the jobs alive if it did not end after all', () => {
      const state = reduce(after, snapshot(5, [job(1), job(2)], outputs));
      expect(state.jobs.get('r1:1')?.state).toBe('running');
      expect(state.former).toEqual([]);
    });
  });

  it('notices a session that began unseen', () => {
    const state = run(
      snapshot(4, [job(1)]),
      messages(event(1, [job(1, {}, 'r2')], [], 'r2'))
    );
    expect(state.resync).toBe(true);
    expect(state.jobs.get('r1:1')?.state).toBe('running');
    const after = reduce(state, snapshot(0, [], new Map(), 'r2'));
    expect(
      [...after.jobs.values()].map(({ key, state }) => [key, state])
    ).toEqual([
      ['r1:1', 'lost'],
      ['r2:1', 'running']
    ]);
    expect(after.resync).toBe(false);
  });
});

describe('any order, loss and duplication', () => {
  /** A generator of pseudo-random numbers below a limit. */
  function random(seed: number): (limit: number) => number {
    let value = seed;
    return limit => {
      value = (Math.imul(value, 1664525) + 1013904223) >>> 0;
      return Math.floor((value / 2 ** 32) * limit);
    };
  }

  /** A kernel: publishes messages, and knows what they add up to. */
  class Kernel {
    constructor(private _below: (limit: number) => number) {}

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
        return event(
          seq,
          [],
          [id],
          'r1',
          new Map(),
          isRemoved ? [request] : []
        );
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

  it.each(Array.from({ length: 200 }, (_, seed) => seed))(
    'end in what the kernel says (seed %i)',
    seed => {
      const below = random(seed);
      const kernel = new Kernel(below);
      const onTheWay: JobsMessage[] = [];
      const snapshots: ISnapshot[] = [kernel.snapshot()];
      let state = INITIAL_STATE;
      for (let step = 0; step < 200; step++) {
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
    }
  );
});
