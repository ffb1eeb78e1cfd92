import { previousDurations } from '../previous';
import { makeJob } from './fakes';

describe('previousDurations', () => {
  const same = { cellId: 'c', code: 'train()' };

  it('is how long the same code took in the same cell', () => {
    const durations = previousDurations([
      makeJob(1, { ...same, state: 'finished', started: 10, ended: 14 }),
      makeJob(2, { ...same, state: 'finished', started: 20, ended: 26 }),
      makeJob(3, { ...same, state: 'running' })
    ]);
    expect([...durations]).toEqual([
      ['r1:2', 4],
      ['r1:3', 6]
    ]);
  });

  it('is not that of other code, of another cell, or of what did not finish', () => {
    const durations = previousDurations([
      makeJob(1, { ...same, code: 'x', state: 'finished', ended: 4 }),
      makeJob(2, { ...same, cellId: 'd', state: 'finished', ended: 4 }),
      makeJob(3, { ...same, state: 'failed', ended: 4 }),
      makeJob(4, { ...same, state: 'killed', ended: 4 }),
      makeJob(5, { ...same, cellId: null, state: 'finished', ended: 4 }),
      makeJob(6, same)
    ]);
    expect(durations.size).toBe(0);
  });
});
