import { matchesFilter } from '../filter';
import { makeJob } from './fakes';

describe('matchesFilter', () => {
  const job = makeJob(12, {
    name: 'Nightly download',
    code: 'fetch(urls)',
    state: 'failed',
    backend: 'dask',
    place: { text: 'Dask worker 3', url: null }
  });

  it.each(['', '  ', 'night', 'DOWNLOAD', 'urls', 'fail', 'worker 3', '#12'])(
    'finds it by %p',
    query => expect(matchesFilter(job, query)).toBe(true)
  );

  it('finds it by words in any order, and wants all of them', () => {
    expect(matchesFilter(job, 'failed night')).toBe(true);
    expect(matchesFilter(job, 'failed day')).toBe(false);
  });

  it('takes what is typed literally', () => {
    expect(matchesFilter(job, '.*')).toBe(false);
    expect(matchesFilter(job, 'fetch(')).toBe(true);
  });
});
