import {
  RenderMimeRegistry,
  standardRendererFactories
} from '@jupyterlab/rendermime';
import { nullTranslator } from '@jupyterlab/translation';
import React, { act } from 'react';

import type { IJob, JobState } from '../../model/job';
import { Clock } from '../clock';
import type { IJobRowActions, IJobRowOptions } from '../row';
import { JobRow } from '../row';
import { NO_SHORTCUTS } from '../shortcuts';
import { makeJob, makeLog, stream } from './fakes';
import { mount } from './mount';

describe('JobRow', () => {
  let actions: jest.Mocked<IJobRowActions>;
  let options: IJobRowOptions;

  beforeEach(() => {
    actions = {
      kill: jest.fn(),
      startNow: jest.fn(),
      toggle: jest.fn(),
      goToCell: jest.fn(),
      copyTraceback: jest.fn(),
      saveOutput: jest.fn(),
      remove: jest.fn(),
      land: jest.fn(),
      rerun: jest.fn(),
      goToLine: jest.fn(),
      variables: jest.fn(),
      items: jest.fn()
    };
    options = {
      actions,
      clock: new Clock(),
      now: () => 12,
      rendermime: new RenderMimeRegistry({
        initialFactories: standardRendererFactories
      }),
      shortcuts: NO_SHORTCUTS,
      trans: nullTranslator.load('test')
    };
  });

  const place = {
    isTabStop: true,
    index: 1,
    position: 1,
    setSize: 1,
    measure: () => undefined
  };

  const row = (job: IJob, isExpanded = false, log = makeLog([])) => (
    <JobRow
      job={job}
      log={log}
      isExpanded={isExpanded}
      {...place}
      options={options}
    />
  );

  it('shows a running job', () => {
    const job = makeJob(3, { name: 'download(urls)' });
    const { query } = mount(row(job, false, makeLog([stream('a\nb\n')])));
    const item = query('.jp-Jobs-item')!;
    expect(item.dataset.jobId).toBe('3');
    expect(item.dataset.state).toBe('running');
    expect(query('.jp-Jobs-name')?.textContent).toBe('download(urls)');
    expect(query('.jp-Jobs-cell')?.textContent).toBe('[3]');
    expect(query('.jp-Jobs-time')?.textContent).toBe('12 s');
    expect(query('.jp-Jobs-line')?.textContent).toBe('b');
  });

  it('shows hostile names and output as text', () => {
    const html = '<img src=x onerror=alert(1)>';
    const { node, query } = mount(
      row(makeJob(1, { name: html }), false, makeLog([stream(html)]))
    );
    expect(query('.jp-Jobs-name')?.textContent).toBe(html);
    expect(query('.jp-Jobs-line')?.textContent).toBe(html);
    expect(node.querySelector('img')).toBeNull();
  });

  it('says where a job runs, if not in a thread', () => {
    const place = { text: 'Dask worker 0', url: 'http://host:8787/status' };
    const { query, render } = mount(row(makeJob(1), true));
    expect(query('.jp-Jobs-backend')).toBeNull();
    expect(query('.jp-Jobs-details')?.textContent).not.toContain('runs on');

    render(row(makeJob(1, { backend: 'process' }), true));
    expect(query('.jp-Jobs-backend')?.textContent).toBe('process');
    expect(query('.jp-Jobs-details')?.textContent).toContain(
      'runs on: process'
    );
    expect(query('.jp-Jobs-details a')).toBeNull();

    render(row(makeJob(1, { backend: 'dask', place }), true));
    expect(query('.jp-Jobs-details')?.textContent).toContain(
      'runs on: Dask worker 0 · Dashboard'
    );
    expect(query('.jp-Jobs-details a')?.getAttribute('href')).toBe(place.url);
  });

  it('says how long a job took the last time', () => {
    const again = (state: JobState) => (
      <JobRow
        job={makeJob(1, { state, ended: state === 'running' ? null : 3 })}
        log={undefined}
        isExpanded={true}
        previous={75}
        {...place}
        options={options}
      />
    );
    const { query, render } = mount(again('running'));
    expect(query('.jp-Jobs-time')?.textContent).toBe(
      '12 s · last time 1 m 15 s'
    );
    expect(query('.jp-Jobs-details')?.textContent).toContain(
      'took 1 m 15 s the last time'
    );
    render(again('finished'));
    expect(query('.jp-Jobs-time')?.textContent).toBe('3.0 s');
  });

  it('offers to remove what has ended, and to land what did not', () => {
    const { click, node, render } = mount(
      row(makeJob(1, { state: 'running' }), true)
    );
    const words = () =>
      [...node.querySelectorAll('.jp-Jobs-actions button')].map(
        button => button.textContent
      );
    expect(words()).toContain('Land variables');
    expect(words()).not.toContain('Remove');
    render(row(makeJob(1, { state: 'finished' }), true));
    expect(words()).not.toContain('Land variables');
    expect(words()).toContain('Remove');
    render(row(makeJob(1, { state: 'failed', lane: 'api' }), true));
    expect(words()).not.toContain('Land variables');
    render(row(makeJob(1, { state: 'running', backend: 'process' }), true));
    expect(words()).not.toContain('Land variables');
    render(row(makeJob(1, { state: 'failed' }), true));
    click('.jp-Jobs-actions button:last-child');
    expect(actions.remove).toHaveBeenCalledTimes(1);
    click('.jp-Jobs-actions button[title^="Make"]');
    expect(actions.land).toHaveBeenCalledTimes(1);
  });

  it('names the keys that kill', () => {
    options = { ...options, shortcuts: { ...NO_SHORTCUTS, kill: 'Delete' } };
    const { query } = mount(row(makeJob(3)));
    expect(query('.jp-Jobs-kill')!.title).toBe('Kill job 3 (Delete)');
  });

  it('kills without opening, and again while stopping', () => {
    const { click, query, render } = mount(row(makeJob(3)));
    click('[aria-label="Kill job 3"]');
    render(row(makeJob(3, { state: 'stopping' })));
    expect(query('.jp-Jobs-time')?.textContent).toBe('stopping…');
    click('[aria-label="Kill job 3"]');
    expect(actions.kill).toHaveBeenCalledTimes(2);
    expect(actions.toggle).not.toHaveBeenCalled();
  });

  it('says where a job is stuck, for how long, and what can be done', () => {
    const job = makeJob(3, {
      state: 'stopping',
      stoppingSince: 2,
      stuckIn: 'fetch, line 12'
    });
    const log = makeLog([stream('written')]);
    const { node, query, render } = mount(row(job, true, log));
    expect(query('.jp-Jobs-line')?.textContent).toBe(
      'stopping for 10 s, in fetch, line 12'
    );
    expect(node.textContent).toContain('Wait for it to return, or restart');
    render(row({ ...job, state: 'killed', ended: 3 }, true, log));
    expect(query('.jp-Jobs-line')?.textContent).toBe('written');
    expect(node.textContent).not.toContain('Wait for it to return');
  });

  it('tells a time limit from a kill by hand', () => {
    const fields = { state: 'killed', ended: 0.3, timedOut: true } as const;
    const { query } = mount(row(makeJob(3, fields)));
    expect(query('.jp-Jobs-time')?.textContent).toBe('timed out · 0.3 s');
    expect(query('.jp-Jobs-stateIcon')?.title).toBe('timed out');
  });

  it.each(['finished', 'failed', 'killed', 'lost'] as const)(
    'offers no kill of a %s job',
    state => {
      const { query } = mount(row(makeJob(3, { state, ended: 0.3 })));
      expect(query('.jp-Jobs-kill')).toBeNull();
      expect(query('.jp-Jobs-time')?.textContent).toContain('0.3 s');
    }
  );

  it('opens', () => {
    const { click, query } = mount(row(makeJob(3)));
    expect(query('.jp-Jobs-summary')?.getAttribute('aria-expanded')).toBe(
      'false'
    );
    click('.jp-Jobs-summary');
    expect(actions.toggle).toHaveBeenCalledTimes(1);
  });

  it('shows the details of a failed job', () => {
    const job = makeJob(3, {
      state: 'failed',
      error: { ename: 'E', evalue: 'v', traceback: ['E: v'] }
    });
    const error = {
      output: { output_type: 'error', ename: 'E', evalue: 'v', traceback: [] },
      displayId: null
    };
    const log = makeLog([stream('text'), error]);
    const { click, node, query } = mount(row(job, true, log));
    const summary = query('.jp-Jobs-summary')!;
    expect(summary.getAttribute('aria-expanded')).toBe('true');
    expect(query('.jp-Jobs-details')?.id).toBe(
      summary.getAttribute('aria-controls')
    );
    expect(node.querySelectorAll('.jp-Jobs-output')).toHaveLength(1);
    expect(
      node.querySelectorAll('.jp-Jobs-output .jp-OutputArea-child')
    ).toHaveLength(1);
    expect(query('.jp-Jobs-traceback')).not.toBeNull();
    click('.jp-Jobs-actions button:nth-child(1)');
    expect(actions.rerun).toHaveBeenCalledWith(job);
    click('.jp-Jobs-actions button:nth-child(2)');
    expect(actions.goToCell).toHaveBeenCalledWith(job);
    click('.jp-Jobs-actions button:nth-child(3)');
    expect(actions.copyTraceback).toHaveBeenCalledWith(job);
    expect(query('.jp-Jobs-actions')?.textContent).toContain('Copied');
    click('.jp-Jobs-actions button:nth-child(4)');
    expect(actions.saveOutput).toHaveBeenCalledWith(job);
  });

  it('reads what a running job has assigned when it is opened', async () => {
    actions.variables.mockResolvedValue({
      total: 201,
      variables: [{ name: 'x', type: 'int', value: '<b>1</b>' }]
    });
    const { node, query, click } = mount(row(makeJob(1), true));
    const details = query<HTMLDetailsElement>('.jp-Jobs-variables')!;
    expect(actions.variables).not.toHaveBeenCalled();
    await act(async () => {
      details.open = true;
      // As a browser does.
      details.dispatchEvent(new Event('toggle'));
    });
    expect(query('.jp-Jobs-variables tbody')?.textContent).toBe('xint<b>1</b>');
    expect(node.textContent).toContain('200 more');

    actions.variables.mockRejectedValue(new Error('The kernel is gone.'));
    await act(async () => click('.jp-Jobs-variables button'));
    expect(query('.jp-Jobs-variables .jp-Jobs-note')?.textContent).toBe(
      'The kernel is gone.'
    );
  });
});
