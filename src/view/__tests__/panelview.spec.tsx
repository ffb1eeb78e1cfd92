import { RenderMimeRegistry } from '@jupyterlab/rendermime';
import { nullTranslator } from '@jupyterlab/translation';
import React, { act } from 'react';

import { Clock } from '../clock';
import type { IPanelActions, IPanelViewProps } from '../panelview';
import { PanelView } from '../panelview';
import { NO_SHORTCUTS } from '../shortcuts';
import { FakeKernelJobs, makeJob } from './fakes';
import { mount } from './mount';

/** The height of the list, and of everything in it, in pixels. */
const LIST = 600;
const ROW = 30;

describe('PanelView', () => {
  let actions: jest.Mocked<IPanelActions>;
  let shared: Omit<IPanelViewProps, 'subject'>;

  // jsdom draws nothing: a list without a height shows no rows.
  beforeEach(() => {
    jest.spyOn(Element.prototype, 'clientHeight', 'get').mockReturnValue(LIST);
    jest.spyOn(Element.prototype, 'scrollHeight', 'get').mockReturnValue(1e6);
    jest
      .spyOn(HTMLElement.prototype, 'offsetHeight', 'get')
      .mockReturnValue(ROW);
    Element.prototype.scrollTo = function (this: Element, to) {
      this.scrollTop = (to as ScrollToOptions).top!;
      // As in a browser: not before the next frame.
      requestAnimationFrame(() => this.dispatchEvent(new Event('scroll')));
    };
  });

  afterEach(() => {
    jest.restoreAllMocks();
  });

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
      land: jest.fn(),
      rerun: jest.fn(),
      goToLine: jest.fn(),
      variables: jest.fn(),
      items: jest.fn()
    };
    shared = {
      notebooks: [],
      isVisible: true,
      revealed: null,
      shortcuts: NO_SHORTCUTS,
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
    expect(actions.killAll).toHaveBeenCalledWith('this');
    expect(actions.clear).toHaveBeenCalledWith('this');

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

  describe('with very many jobs', () => {
    const jobs = Array.from({ length: 10_000 }, (_, i) => makeJob(i + 1));
    const subject = {
      kind: 'kernel',
      kernel: new FakeKernelJobs(jobs)
    } as const;

    it('draws those in sight only, and any that is asked for', async () => {
      const { click, node, query, render } = mount(view(subject));
      const drawn = () => node.querySelectorAll('.jp-Jobs-item').length;
      expect(query('[data-job-id="10000"]')).not.toBeNull();
      expect(drawn()).toBeLessThan(50);
      expect(query('.jp-Jobs-item')?.getAttribute('aria-setsize')).toBe(
        '10000'
      );
      click('.jp-Jobs-sectionHeader');
      expect(drawn()).toBe(0);

      render(view(subject, { revealed: { key: jobs[4].key } }));
      await nextFrame();
      expect(query('[data-job-id="5"] .jp-Jobs-details')).not.toBeNull();
      expect(document.activeElement).toBe(
        query('[data-job-id="5"] .jp-Jobs-summary')
      );
      expect(query('[data-job-id="10000"]')).toBeNull();
      expect(drawn()).toBeLessThan(50);
    });

    it('keeps the height of what is not drawn', () => {
      const { query } = mount(view(subject));
      const list = query('.jp-Jobs-list')!;
      const [above, below] = list.style.paddingBlock.split(' ').map(parseFloat);
      expect(above).toBe(0);
      expect(below).toBeGreaterThan(9_900 * ROW);
    });

    it('goes on by the keyboard, from row to row and to the end', async () => {
      const { node, query } = mount(view(subject));
      const press = async (key: string) => {
        act(() => {
          const event = new KeyboardEvent('keydown', { key, bubbles: true });
          document.activeElement?.dispatchEvent(event);
        });
        await nextFrame();
      };
      const focusedJob = () =>
        document.activeElement?.closest<HTMLElement>('.jp-Jobs-item')?.dataset
          .jobId;
      // Only the header is reached by the tabulator key.
      expect(
        [...node.querySelectorAll('.jp-Jobs-content [tabindex="0"]')].map(
          ({ className }) => className
        )
      ).toEqual(['jp-Jobs-sectionHeader']);
      act(() => query('.jp-Jobs-sectionHeader')!.focus());
      await press('ArrowDown');
      expect(focusedJob()).toBe('10000');
      await press('ArrowDown');
      expect(focusedJob()).toBe('9999');
      await press('ArrowRight');
      expect(query('[data-job-id="9999"] .jp-Jobs-details')).not.toBeNull();
      await press('ArrowLeft');
      expect(query('[data-job-id="9999"] .jp-Jobs-details')).toBeNull();
      await press('ArrowUp');
      expect(focusedJob()).toBe('10000');
      await press('End');
      expect(focusedJob()).toBe('1');
      await press('ArrowDown');
      expect(focusedJob()).toBe('1');
      await press('Home');
      expect(document.activeElement).toBe(query('.jp-Jobs-sectionHeader'));
    });
  });

  it('keeps the focus on a job that ends', async () => {
    const kernel = new FakeKernelJobs([makeJob(1), makeJob(2)]);
    const { query } = mount(view({ kind: 'kernel', kernel }));
    act(() => query('[data-job-id="1"] .jp-Jobs-kill')!.focus());
    act(() =>
      kernel.setJobs([makeJob(1, { state: 'killed', ended: 1 }), makeJob(2)])
    );
    expect(document.activeElement).toBe(
      query('[data-section="failed"] .jp-Jobs-summary')
    );
    act(() => kernel.setJobs([makeJob(2)]));
    await nextFrame();
    expect(document.activeElement).toBe(query('.jp-Jobs-content'));
  });

  it('lists the jobs in the order that is chosen', () => {
    const kernel = new FakeKernelJobs([
      makeJob(1, { name: 'b', started: 5 }),
      makeJob(2, { name: 'a', started: 1 }),
      makeJob(3, { name: 'c', started: null, state: 'queued' })
    ]);
    const { node, query } = mount(view({ kind: 'kernel', kernel }));
    const sorted = (order: string) => {
      const select = query<HTMLSelectElement>('[aria-label="Order"]')!;
      act(() => {
        select.value = order;
        select.dispatchEvent(new Event('change', { bubbles: true }));
      });
      return Array.from(
        node.querySelectorAll<HTMLElement>('.jp-Jobs-item'),
        item => item.dataset.jobId
      ).join('');
    };
    expect(sorted('oldest')).toBe('123');
    expect(sorted('name')).toBe('213');
    expect(sorted('duration')).toBe('213');
    expect(sorted('newest')).toBe('321');
  });

  it('lists the jobs of all notebooks, by notebook', () => {
    const here = new FakeKernelJobs([makeJob(1)]);
    const there = new FakeKernelJobs([], 'kernel-2');
    const subject = { kind: 'kernel', kernel: here } as const;
    const notebooks = [
      { kernel: here, name: 'a.ipynb' },
      { kernel: there, name: 'b.ipynb' }
    ];
    const { click, node, query } = mount(view(subject, { notebooks }));
    // Nothing to choose as long as no other notebook has jobs.
    expect(query('.jp-Jobs-scope')).toBeNull();
    act(() => there.setJobs([makeJob(1, { key: 'r2:1', runtime: 'r2' })]));
    expect(node.querySelectorAll('.jp-Jobs-item')).toHaveLength(1);

    click('.jp-Jobs-scope button:last-child');
    const rows = Array.from(
      node.querySelectorAll<HTMLElement>('.jp-Jobs-list > li'),
      row => row.dataset.runtime ?? row.textContent
    );
    expect(rows).toEqual(['a.ipynb1', 'r1', 'b.ipynb1', 'r2']);
    expect(query('.jp-Jobs-runningCount')?.textContent).toBe('2 running');
    click('[aria-label="Kill all jobs"]');
    expect(actions.killAll).toHaveBeenCalledWith('all');

    act(() => there.setJobs([]));
    expect(query('.jp-Jobs-scope')).toBeNull();
    expect(node.querySelectorAll('.jp-Jobs-notebook')).toHaveLength(0);
  });

  describe('asked for a job', () => {
    const revealed = { key: 'r1:1' };
    const summary = '[data-job-id="1"] .jp-Jobs-summary';

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
