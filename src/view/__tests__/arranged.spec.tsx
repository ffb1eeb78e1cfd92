import React, { act } from 'react';

import type { IJob } from '../../model/job';
import { areArrangedAlike, useArranged } from '../arranged';
import { makeJob } from './fakes';
import { mount } from './mount';

const mapOf = (...jobs: IJob[]) => new Map(jobs.map(job => [job.key, job]));
const progress = { done: 3, total: 4, text: '', rate: null };

describe('areArrangedAlike', () => {
  const jobs = mapOf(makeJob(1), makeJob(2));

  it('does not mind how far a job is', () => {
    expect(
      areArrangedAlike(jobs, mapOf(makeJob(1, { progress }), makeJob(2)))
    ).toBe(true);
  });

  it.each<[string, Map<string, IJob>]>([
    ['one more', mapOf(makeJob(1), makeJob(2), makeJob(3))],
    ['one less', mapOf(makeJob(1))],
    ['another', mapOf(makeJob(1), makeJob(3))],
    ['another order', mapOf(makeJob(2), makeJob(1))],
    ['a state', mapOf(makeJob(1), makeJob(2, { state: 'failed' }))],
    ['a name', mapOf(makeJob(1), makeJob(2, { name: 'other' }))],
    ['a start', mapOf(makeJob(1), makeJob(2, { started: 12_345 }))],
    ['an end', mapOf(makeJob(1), makeJob(2, { ended: 12_345 }))],
    [
      'a place',
      mapOf(makeJob(1), makeJob(2, { place: { text: 'w', url: null } }))
    ]
  ])('minds %s', (_, others) => {
    expect(areArrangedAlike(jobs, others)).toBe(false);
    expect(areArrangedAlike(others, jobs)).toBe(false);
  });
});

describe('useArranged', () => {
  it('returns the same until the jobs are arranged anew', () => {
    type Jobs = readonly ReadonlyMap<string, IJob>[];
    let arranged: Jobs = [];
    let setJobs = (_: Jobs) => undefined as void;
    const Component = () => {
      const [jobs, set] = React.useState<Jobs>(first);
      setJobs = jobs => act(() => set(jobs));
      arranged = useArranged(jobs);
      return <></>;
    };
    const first = [mapOf(makeJob(1))];
    mount(<Component />);
    setJobs([mapOf(makeJob(1, { progress }))]);
    expect(arranged).toBe(first);
    setJobs([mapOf(makeJob(1, { progress: { ...progress, done: 4 } }))]);
    expect(arranged).toBe(first);
    const ended = [mapOf(makeJob(1, { state: 'finished' }))];
    setJobs(ended);
    expect(arranged).toBe(ended);
    const two = [...ended, mapOf(makeJob(2))];
    setJobs(two);
    expect(arranged).toBe(two);
  });
});
