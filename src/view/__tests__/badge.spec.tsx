import { nullTranslator } from '@jupyterlab/translation';
import React, { act } from 'react';

import type { IBadgeActions } from '../badge';
import { LiveBadge } from '../badge';
import { Clock } from '../clock';
import type { JobRecord } from '../record';
import { FakeJobs, FakeKernelJobs, makeJob } from './fakes';
import type { IMounted } from './mount';
import { mount } from './mount';

const SAVED: JobRecord = {
  runtime: 'r1',
  id: 3,
  name: 'f()',
  state: 'running',
  started: 0,
  ended: null,
  timedOut: false
};

describe('LiveBadge', () => {
  let actions: jest.Mocked<IBadgeActions>;
  let jobs: FakeJobs;

  beforeEach(() => {
    actions = { kill: jest.fn(), startNow: jest.fn(), open: jest.fn() };
    jobs = new FakeJobs();
  });

  function mountBadge(record = SAVED): IMounted {
    const trans = nullTranslator.load('test');
    const options = { actions, clock: new Clock(), trans };
    return mount(<LiveBadge jobs={jobs} record={record} options={options} />);
  }

  it('is live as soon as the kernel is known, until the job has ended', () => {
    const { click, node, query } = mountBadge();
    expect(node.textContent).toBe('Job 3 · kernel is gone');
    expect(query('.jp-Jobs-kill')).toBeNull();

    const kernel = new FakeKernelJobs([makeJob(3, { name: 'f()' })]);
    act(() => jobs.setKernels([kernel]));
    const badge = query('.jp-Jobs-badge')!;
    expect(badge.dataset).toMatchObject({ jobId: '3', state: 'running' });
    expect(node.textContent).toBe('Job 3 · f() · running · 12 s');
    click('[aria-label="Kill job 3"]');
    expect(actions.kill).toHaveBeenCalledWith(
      'kernel-1',
      expect.objectContaining({ id: 3 })
    );

    const ended = { name: 'f()', state: 'killed', ended: 5 } as const;
    act(() => kernel.setJobs([makeJob(3, ended)]));
    expect(node.textContent).toBe('Job 3 · f() · killed · 5.0 s');
    expect(query('.jp-Jobs-kill')).toBeNull();
    click('.jp-Jobs-badgeLabel');
    expect(actions.open).toHaveBeenCalled();
  });

  it('says where the job is stuck, and that it timed out', () => {
    const kernel = new FakeKernelJobs([
      makeJob(3, {
        state: 'stopping',
        stoppingSince: 2,
        stuckIn: 'fetch, line 12'
      })
    ]);
    jobs.setKernels([kernel]);
    const { node, query } = mountBadge();
    expect(query('.jp-Jobs-badgeLabel')?.title).toBe(
      'stopping for 10 s, in fetch, line 12\nShow in the Jobs panel'
    );
    const ended = { state: 'killed', ended: 5, timedOut: true } as const;
    act(() => kernel.setJobs([makeJob(3, ended)]));
    expect(node.textContent).toContain('timed out · 5.0 s');
    expect(query('.jp-Jobs-badgeLabel')?.title).toBe('Show in the Jobs panel');
  });

  it('says what the job waits for, and offers to start it now', () => {
    const queued = {
      state: 'queued',
      started: null,
      waitingFor: 'cell [*]: it defines `urls`'
    } as const;
    const kernel = new FakeKernelJobs([makeJob(3, queued)]);
    jobs.setKernels([kernel]);
    const { node, query } = mountBadge();
    expect(node.textContent).toBe(
      'Job 3 · job_3() · waiting for cell [*]: it defines `urls`'
    );
    query('.jp-Jobs-startNow')?.click();
    expect(actions.startNow).toHaveBeenCalledWith(
      kernel.kernelId,
      expect.objectContaining({ id: 3 })
    );
    act(() =>
      kernel.setJobs([
        makeJob(3, { ...queued, state: 'killed', killReason: 'job 2 failed' })
      ])
    );
    expect(node.textContent).toContain('killed · job 2 failed');
    expect(query('button.jp-Jobs-startNow')).toBeNull();
  });

  it('shows how far the job is, while it runs', () => {
    const progress = { done: 3, total: 4, text: '', rate: null };
    const kernel = new FakeKernelJobs([makeJob(3, { progress })]);
    jobs.setKernels([kernel]);
    const { node, query } = mountBadge();
    const bar = query('[role="progressbar"]');
    expect(bar?.getAttribute('aria-valuenow')).toBe('3');
    expect(bar?.getAttribute('aria-valuemax')).toBe('4');
    expect(node.textContent).toContain('3 of 4');
    act(() =>
      kernel.setJobs([makeJob(3, { progress: { ...progress, total: null } })])
    );
    expect(bar?.getAttribute('aria-valuenow')).toBeNull();
    act(() =>
      kernel.setJobs([makeJob(3, { progress, state: 'finished', ended: 5 })])
    );
    expect(query('[role="progressbar"]')).toBeNull();
  });

  it('shows how a job of an earlier session ended', () => {
    const { node, query } = mountBadge({
      ...SAVED,
      state: 'finished',
      ended: 1
    });
    expect(node.textContent).toBe('Job 3 · f() · finished · 1.0 s');
    expect(query('button')).toBeNull();
  });

  it('claims nothing while a kernel has not answered', () => {
    const kernel = new FakeKernelJobs([]);
    kernel.change({ status: { kind: 'connecting' } });
    jobs.setKernels([kernel]);
    const { node, query } = mountBadge({ ...SAVED, runtime: 'other' });
    expect(node.textContent).toBe('Job 3 · f()');
    expect(query('.jp-Jobs-badge')?.dataset.state).toBe('unknown');
    act(() => {
      kernel.change({ status: { kind: 'ready', runtime: 'r1', version: '1' } });
      jobs.setKernels([kernel]);
    });
    expect(node.textContent).toBe('Job 3 · kernel is gone');
  });
});
