import { RenderMimeRegistry } from '@jupyterlab/rendermime';
import { nullTranslator } from '@jupyterlab/translation';
import React, { act } from 'react';

import { Clock } from '../clock';
import type { IPanelActions, IPanelViewProps } from '../panelview';
import { PanelView } from '../panelview';
import { FakeKernelJobs, makeJob } from './fakes';
import { mount } from './mount';

describe('PanelView', () => {
  let actions: jest.Mocked<IPanelActions>;
  let shared: Omit<IPanelViewProps, 'subject'>;

  beforeEach(() => {
    actions = {
      kill: jest.fn(),
      startNow: jest.fn(),
      killAll: jest.fn(),
      clear: jest.fn(),
      goToCell: jest.fn(),
      copyTraceback: jest.fn(),
      saveOutput: jest.fn(),
      remove: jest.fn(),
      land: jest.fn()
    };
    shared = {
      isVisible: true,
      revealed: null,
      actions,
      clock: new Clock(),
      rendermime: new RenderMimeRegistry(),
      trans: nullTranslator.load('test')
    };
  });

  const view = (
    subject: IPanelViewProps['subject'],
    more: Partial<IPanelViewProps> = {}
  ) => <PanelView {...shared} {...more} subject={subject} />;

  const nextFrame = () =>
    act(async () => {
      await new Promise(resolve => requestAnimationFrame(resolve));
    });

  it.each([
    [{ kind: 'no-notebook' } as const, 'No notebook open'],
    [{ kind: 'no-kernel' } as const, 'No kernel'],
    [{ kind: 'connecting' } as const, 'Connecting']
  ])('says why it is empty: %j', (subject, text) => {
    const { node, query } = mount(view(subject));
    expect(node.textContent).toContain(text);
    expect(
      query<HTMLButtonElement>('[aria-label="Kill all jobs"]')?.disabled
    ).toBe(true);
  });

  it('teaches how to start a job', () => {
    const kernel = new FakeKernelJobs([]);
    const { node } = mount(view({ kind: 'kernel', kernel }));
    expect(node.textContent).toContain('No jobs yet');
    expect(node.textContent).toContain('Put %job before a line, or %%job on');
  });

  it('says why a kernel cannot run jobs', () => {
    const kernel = new FakeKernelJobs([]);
    const reason = 'Jobs need Python.';
    kernel.change({ status: { kind: 'unavailable', reason } });
    const { node } = mount(view({ kind: 'kernel', kernel }));
    expect(node.textContent).toContain(reason);
  });

  it('shows jobs in sections, and follows them', async () => {
    const kernel = new FakeKernelJobs([
      makeJob(1, { state: 'failed', ended: 1 }),
      makeJob(2),
      makeJob(3)
    ]);
    const { click, node, query } = mount(view({ kind: 'kernel', kernel }));
    const idsIn = (section: string) =>
      Array.from(
        node.querySelectorAll<HTMLElement>(
          `.jp-Jobs-section[data-section="${section}"] .jp-Jobs-item`
        ),
        item => item.dataset.jobId
      );
    expect(idsIn('running')).toEqual(['3', '2']);
    expect(idsIn('failed')).toEqual(['1']);
    expect(query('[data-section="finished"]')).toBeNull();
    expect(query('.jp-Jobs-runningCount')?.textContent).toBe('2 running');

    click('[aria-label="Kill all jobs"]');
    click('[aria-label="Clear ended jobs"]');
    expect(actions.killAll).toHaveBeenCalled();
    expect(actions.clear).toHaveBeenCalled();

    act(() =>
      kernel.setJobs([makeJob(2), makeJob(3, { state: 'finished', ended: 1 })])
    );
    expect(idsIn('running')).toEqual(['2']);
    expect(idsIn('finished')).toEqual(['3']);
    expect(idsIn('failed')).toEqual([]);

    // A second change does not cost a second drawing in the same frame.
    act(() => kernel.setJobs([makeJob(2)]));
    expect(idsIn('finished')).toEqual(['3']);
    await nextFrame();
    expect(idsIn('finished')).toEqual([]);
  });

  it('does not follow while it is hidden', async () => {
    const kernel = new FakeKernelJobs([makeJob(1)]);
    const subject = { kind: 'kernel', kernel } as const;
    const { node, render } = mount(view(subject, { isVisible: false }));
    kernel.setJobs([makeJob(1), makeJob(2)]);
    await nextFrame();
    expect(node.querySelectorAll('.jp-Jobs-item')).toHaveLength(1);
    render(view(subject));
    expect(node.querySelectorAll('.jp-Jobs-item')).toHaveLength(2);
  });

  it('opens and closes rows and sections', () => {
    const kernel = new FakeKernelJobs([makeJob(1)]);
    const { click, query } = mount(view({ kind: 'kernel', kernel }));
    click('.jp-Jobs-summary');
    expect(query('.jp-Jobs-details')).not.toBeNull();
    click('.jp-Jobs-summary');
    expect(query('.jp-Jobs-details')).toBeNull();
    click('.jp-Jobs-sectionHeader');
    expect(query('.jp-Jobs-item')).toBeNull();
  });

  it('shows the first of very many jobs, and any that is asked for', () => {
    Element.prototype.scrollIntoView = jest.fn();
    const jobs = Array.from({ length: 500 }, (_, i) => makeJob(i + 1));
    const kernel = new FakeKernelJobs(jobs);
    const subject = { kind: 'kernel', kernel } as const;
    const { click, node, query, render } = mount(view(subject));
    const count = () => node.querySelectorAll('.jp-Jobs-item').length;
    expect(count()).toBe(200);
    click('.jp-Jobs-more');
    expect(count()).toBe(400);
    click('.jp-Jobs-sectionHeader');
    render(view(subject, { revealed: { key: jobs[4].key } }));
    expect(query('[data-job-id="5"] .jp-Jobs-details')).not.toBeNull();
    expect(document.activeElement).toBe(
      query('[data-job-id="5"] .jp-Jobs-summary')
    );
  });

  describe('asked for a job', () => {
    const revealed = { key: 'r1:1' };
    const summary = '[data-job-id="1"] .jp-Jobs-summary';

    beforeEach(() => {
      Element.prototype.scrollIntoView = jest.fn();
    });

    it('brings it into view once, wherever it moves then', () => {
      const kernel = new FakeKernelJobs([makeJob(1)]);
      const subject = { kind: 'kernel', kernel } as const;
      const { query, render } = mount(view(subject, { revealed }));
      expect(document.activeElement).toBe(query(summary));
      expect(query('[data-job-id="1"] .jp-Jobs-details')).not.toBeNull();

      const editor = document.createElement('textarea');
      document.body.append(editor);
      editor.focus();
      act(() => kernel.setJobs([makeJob(1, { state: 'finished', ended: 1 })]));
      expect(query(`[data-section="finished"] ${summary}`)).not.toBeNull();
      expect(document.activeElement).toBe(editor);

      render(view(subject, { revealed: { ...revealed } }));
      expect(document.activeElement).toBe(query(summary));
      editor.remove();
    });

    it('opens it when it comes, and the panel is shown', () => {
      const kernel = new FakeKernelJobs([]);
      const subject = { kind: 'kernel', kernel } as const;
      const { query, render } = mount(view(subject, { revealed }));
      render(view(subject, { revealed, isVisible: false }));
      act(() => kernel.setJobs([makeJob(1)]));
      expect(document.activeElement).toBe(document.body);
      render(view(subject, { revealed }));
      expect(document.activeElement).toBe(query(summary));
      expect(query('[data-job-id="1"] .jp-Jobs-details')).not.toBeNull();
    });

    it('opens it when it comes to a panel that is shown', () => {
      const kernel = new FakeKernelJobs([]);
      const subject = { kind: 'kernel', kernel } as const;
      const { query } = mount(view(subject, { revealed }));
      act(() => kernel.setJobs([makeJob(1)]));
      expect(document.activeElement).toBe(query(summary));
      expect(query('[data-job-id="1"] .jp-Jobs-details')).not.toBeNull();
    });
  });
});
