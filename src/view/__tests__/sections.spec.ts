import type { JobState } from '../../model/job';
import type { ISectionContent } from '../sections';
import { groupBySection } from '../sections';
import { FakeKernelJobs, makeJob } from './fakes';

const STATES: readonly JobState[] = [
  'queued',
  'running',
  'stopping',
  'finished',
  'failed',
  'killed',
  'lost'
];

const keysOf = ({ rows }: ISectionContent) => rows.map(row => row.key);

describe('groupBySection', () => {
  const jobs = STATES.map((state, index) => makeJob(index + 1, { state }));
  const kernel = new FakeKernelJobs([]);

  it('groups by what became of a job, the newest first', () => {
    const groups = groupBySection([{ kernel, name: '', jobs }], 'newest');
    expect(keysOf(groups.running)).toEqual(['r1:3', 'r1:2', 'r1:1']);
    expect(keysOf(groups.finished)).toEqual(['r1:4']);
    expect(keysOf(groups.failed)).toEqual(['r1:7', 'r1:6', 'r1:5']);
    expect(groups.failed.count).toBe(3);
    // The jobs of the kernel stay in their order.
    expect(jobs.map(job => job.id)).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });

  it('names the notebooks where there are several', () => {
    const other = { kernel: new FakeKernelJobs([]), name: 'b', jobs: [] };
    const groups = groupBySection(
      [{ kernel, name: 'a', jobs }, other],
      'oldest'
    );
    expect(groups.finished).toEqual({
      count: 1,
      rows: [
        { kind: 'notebook', key: 'finished kernel-1', name: 'a', count: 1 },
        { kind: 'job', key: 'r1:4', kernel }
      ]
    });
  });
});
