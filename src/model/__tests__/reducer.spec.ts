import type { ISnapshot, JobsMessage } from '../../kernel/protocol';
import { EMPTY_LOG } from '../outputlog';
import type { Action } from '../reducer';
import { INITIAL_STATE, reduce } from '../reducer';
import {
  event,
  ids,
  job,
  messages,
  output,
  run,
  snapshot,
  text
} from './messages';

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
    expect(state.outputs.size).toBe(1);
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

  it('has no output but what a snapshot tells', () => {
    const state = run(
      snapshot(0, [job(1), job(2)]),
      messages(output(1, 1, text('a')), output(2, 2, text('b'))),
      snapshot(9, [job(1)])
    );
    expect(state.outputs.size).toBe(0);
  });

  it('makes nothing of a log or a cell that it never knew', () => {
    const { snapshot: told } = snapshot(0) as { snapshot: ISnapshot };
    const state = run(snapshot(0, [job(1)]), {
      type: 'snapshot',
      at: 0,
      snapshot: {
        ...told,
        jobs: [job(1)],
        since: 0,
        unchangedOutputs: ['r1:1'],
        unchangedCells: ['q']
      }
    });
    expect(state.outputs.size).toBe(0);
    expect(state.cells.size).toBe(0);
  });

  it('is ready again after it was out of reach', () => {
    const state = run(snapshot(4), { type: 'unavailable', reason: 'No.' });
    expect(state.status).toEqual({ kind: 'unavailable', reason: 'No.' });
    expect(reduce(state, snapshot(4)).status.kind).toBe('ready');
  });

  it('updates a display wherever it stands', () => {
    const display = (data: Record<string, string>) => ({
      output: { output_type: 'display_data', data, metadata: {} },
      displayId: 'd'
    });
    const cells = new Map(
      ['q', 'p'].map(request => [
        request,
        { cellId: request, log: { ...EMPTY_LOG, items: [display({})] } }
      ])
    );
    const other = {
      cellId: 'o',
      log: { ...EMPTY_LOG, items: [text('other')] }
    };
    const before = run(
      snapshot(0, [job(1)], new Map(), 'r1', new Map([...cells, ['o', other]]))
    );
    const data = { 'text/plain': 'new' };
    const after = reduce(
      before,
      messages({
        kind: 'output',
        runtime: 'r1',
        seq: 1,
        job: null,
        request: 'q',
        change: { type: 'update', displayId: 'd', data, metadata: {} }
      })
    );
    expect(after.cells.get('q')?.log.items).toEqual([display(data)]);
    expect(after.cells.get('p')?.log.items).toEqual([display(data)]);
    expect(after.cells.get('o')).toBe(before.cells.get('o'));
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

  it('applies once what comes twice', () => {
    const twice = output(1, 1, text('a'));
    const state = run(snapshot(0, [job(1)]), messages(twice, twice));
    expect(state.outputs.get('r1:1')?.items).toEqual([text('a')]);
  });

  it('has no empty outputs', () => {
    const empty = new Map([['r1:1', EMPTY_LOG]]);
    expect(run(snapshot(0, [job(1)], empty)).outputs.size).toBe(0);
    const cleared: JobsMessage = {
      kind: 'output',
      runtime: 'r1',
      seq: 2,
      job: 1,
      request: null,
      change: { type: 'clear', wait: false }
    };
    const state = run(
      snapshot(0, [job(1)]),
      messages(output(1, 1, text('a')), cleared)
    );
    expect(state.outputs.size).toBe(0);
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

  it('forgets what has waited if the snapshot is newer', () => {
    const state = run(
      snapshot(4),
      messages(event(6, [job(3)])),
      snapshot(6, [job(3)])
    );
    expect(state.waiting).toEqual([]);
    expect(state.resync).toBe(false);
  });

  it('does not let messages wait without an end', () => {
    const many = Array.from({ length: 2_010 }, (_, index) =>
      event(index + 6, [])
    );
    const { waiting } = run(snapshot(4), messages(...many));
    expect(waiting).toHaveLength(2_000);
    expect(waiting[1_999].seq).toBe(2_015);
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
    const now = { ...event(3, []), now: 110 } as JobsMessage;
    const delayed: Action = { type: 'messages', at: 9, messages: [now] };
    expect(reduce(later, delayed).session?.clockOffset).toBe(103);
  });
});
