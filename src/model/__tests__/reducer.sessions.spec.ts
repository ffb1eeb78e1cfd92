import type { Action } from '../reducer';
import { EMPTY_LOG } from '../outputlog';
import { reduce } from '../reducer';
import { event, ids, job, messages, run, snapshot, text } from './messages';

describe('reduce', () => {
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

    it('has nothing left to wait for', () => {
      const gap = reduce(before, messages(event(9, [job(9)])));
      expect(gap.resync).toBe(true);
      const state = reduce(gap, { type: 'restarted', at: 7 });
      expect(state.waiting).toEqual([]);
      expect(state.resync).toBe(false);
    });

    it('keeps what those wrote that are not forgotten', () => {
      const state = reduce(after, { type: 'forgotten', key: 'r1:2' });
      expect(state.outputs.get('r1:1')?.items).toEqual([text('a')]);
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

  describe('recalls jobs of earlier sessions', () => {
    const past = (id: number, runtime: string, submitted: number) => ({
      job: job(id, { state: 'finished', submitted }, runtime),
      log: { ...EMPTY_LOG, items: [text(`of ${runtime}`)] }
    });

    it('before those of the present one, in the order of their begin', () => {
      const state = run(snapshot(0, [job(1, { submitted: 0 }, 'r1')]), {
        type: 'recalled',
        past: [past(1, 'b', 20), past(2, 'a', 10)]
      });
      expect(ids(state)).toEqual(['a:2', 'b:1', 'r1:1']);
      expect(state.outputs.get('a:2')?.items).toEqual([text('of a')]);
      expect(state.former).toEqual(['b', 'a']);
      const next = reduce(state, {
        type: 'recalled',
        past: [past(3, 'a', 15)]
      });
      expect(ids(next)).toEqual(['a:2', 'a:3', 'b:1', 'r1:1']);
      expect(next.former).toEqual(['b', 'a']);
      expect(next.outputs.get('b:1')).toBe(state.outputs.get('b:1'));
    });

    it('without an output if they wrote nothing', () => {
      const silent = { ...past(1, 'a', 1), log: EMPTY_LOG };
      const state = run({ type: 'recalled', past: [silent] });
      expect(ids(state)).toEqual(['a:1']);
      expect(state.outputs.size).toBe(0);
    });

    it('if nobody knows better', () => {
      const state = run(snapshot(0, [job(1)]), {
        type: 'recalled',
        past: [past(1, 'a', 1)]
      });
      // Of the present session, its runtime tells; and what is listed is not listed again.
      const again: Action = {
        type: 'recalled',
        past: [past(1, 'a', 9), past(7, 'r1', 9)]
      };
      expect(reduce(state, again)).toBe(state);
    });

    it('and hears no more of those sessions', () => {
      const state = run(snapshot(0), {
        type: 'recalled',
        past: [past(1, 'a', 1)]
      });
      const late = messages(event(1, [job(1, {}, 'a')], [], 'a'));
      expect(reduce(state, late)).toBe(state);
    });
  });
});
