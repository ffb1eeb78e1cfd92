import { nullTranslator } from '@jupyterlab/translation';

import { formatDuration, jobDuration } from '../duration';

const trans = nullTranslator.load('test');

describe('formatDuration', () => {
  it.each([
    [-1, '0 ms'],
    [0.0123, '12 ms'],
    [0.0999, '0.1 s'],
    [0.31, '0.3 s'],
    [9.94, '9.9 s'],
    [9.96, '10 s'],
    [59.4, '59 s'],
    [59.6, '1 m 00 s'],
    [65, '1 m 05 s'],
    [3599.7, '1 h 00 m'],
    [7380, '2 h 03 m'],
    [100_800, '1 d 04 h']
  ])('says %d seconds as %s', (seconds, text) => {
    expect(formatDuration(seconds, trans)).toBe(text);
  });
});

describe('jobDuration', () => {
  const duration = (
    started: number | null,
    ended: number | null,
    isRunning: boolean
  ) => jobDuration({ started, ended }, isRunning, () => 112.9, trans);

  it('counts whole seconds while the job runs', () => {
    expect(duration(100, null, true)).toBe('12 s');
    expect(duration(112.5, null, true)).toBe('0 s');
  });

  it('does not count backwards when the clocks differ', () => {
    expect(duration(200, null, true)).toBe('0 s');
  });

  it('is exact when the job has ended', () => {
    expect(duration(100, 100.25, false)).toBe('0.3 s');
  });

  it('is nothing where it is not known', () => {
    expect(duration(null, null, false)).toBe('');
    expect(duration(null, 5, false)).toBe('');
    expect(duration(100, null, false)).toBe('');
  });
});
