import type { JobState } from '../../model/job';
import { groupBySection } from '../sections';
import { makeJob } from './fakes';

describe('groupBySection', () => {
  it('groups by what became of a job, the newest first', () => {
    const states: JobState[] = [
      'queued',
      'running',
      'stopping',
      'finished',
      'failed',
      'killed',
      'lost'
    ];
    const groups = groupBySection(
      states.map((state, index) => makeJob(index + 1, { state }))
    );
    expect(groups.running.map(job => job.id)).toEqual([3, 2, 1]);
    expect(groups.finished.map(job => job.id)).toEqual([4]);
    expect(groups.failed.map(job => job.id)).toEqual([7, 6, 5]);
  });
});
