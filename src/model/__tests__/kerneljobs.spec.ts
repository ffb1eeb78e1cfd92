import { nullTranslator } from '@jupyterlab/translation';

import type { CarriedRuntime } from '../../kernel/carried';
import type { FakeFuture } from '../../kernel/__tests__/fakekernel';
import {
  carried,
  event,
  FakeKernel,
  installed,
  ok,
  record,
  settled,
  snapshot
} from '../../kernel/__tests__/fakekernel';
import { KernelJobs } from '../kerneljobs';

describe('KernelJobs', () => {
  let kernel: FakeKernel;
  let jobs: KernelJobs;
  let runtime: CarriedRuntime;
  let load: jest.Mock;
  let busy: boolean;
  let warn: jest.SpyInstance;

  beforeEach(() => {
    jest.useFakeTimers({ doNotFake: ['queueMicrotask'] });
    warn = jest.spyOn(console, 'warn').mockImplementation();
    kernel = new FakeKernel();
    load = jest.fn(() => Promise.resolve({}));
    runtime = carried(load);
    busy = false;
    jobs = new KernelJobs({
      kernelId: kernel.id,
      runtime,
      trans: nullTranslator.load('jupyterlab_jobs'),
      isBusy: () => Promise.resolve(busy)
    });
  });

  afterEach(async () => {
    jobs.dispose();
    kernel.dispose();
    await settled();
    expect(jest.getTimerCount()).toBe(0);
    warn.mockRestore();
    jest.useRealTimers();
  });

  async function attach(language: string | null = 'python'): Promise<void> {
    if (language !== null) {
      jobs.language = language;
    }
    jobs.kernel = kernel.connection;
    await settled();
  }

  /** Attach, and answer everything. */
  async function makeReady(fields: object = {}, runtime = 'r1'): Promise<void> {
    await attach();
    await answerInstall();
    await answerSnapshot(fields, runtime);
    expect(jobs.state.status).toMatchObject({ kind: 'ready', runtime });
  }

  async function answerInstall(): Promise<void> {
    await kernel.installs.pop()?.reply(installed({ status: 'ready' }));
  }

  async function answerSnapshot(
    fields: object = {},
    runtime = 'r1'
  ): Promise<void> {
    await kernel
      .requests('snapshot')
      .pop()
      ?.reply(ok(snapshot(fields), runtime));
  }

  const expression = ({ content }: FakeFuture) =>
    (content.user_expressions as Record<string, string>).jupyterlab_jobs;

  const states = () =>
    [...jobs.state.jobs.values()].map(({ key, state }) => `${key} ${state}`);

  describe('brings the runtime', () => {
    it('in one silent request', async () => {
      await attach();
      expect(jobs.state.status).toEqual({ kind: 'connecting' });
      expect(kernel.sent.map(({ channel }) => channel)).toEqual(['shell']);
      expect(kernel.installs[0].content).toEqual({
        code: '',
        silent: true,
        store_history: false,
        stop_on_error: false,
        allow_stdin: false,
        user_expressions: { jupyterlab_jobs: runtime.startExpression }
      });
    });

    it('and asks for a snapshot then', async () => {
      await makeReady({ jobs: [record(1)], now: Date.now() / 1000 + 60 });
      expect(states()).toEqual(['r1:1 running']);
      expect(jobs.now() - Date.now() / 1000).toBeCloseTo(60, 0);
    });

    it('once, however often it is asked to', async () => {
      await attach();
      await answerInstall();
      expect(jobs.prepare()).toBeNull();
      expect(jobs.prepare()).toBeNull();
      await settled();
      expect(kernel.installs).toHaveLength(1);
    });

    it('out of the page where the kernel has no copy of its own', async () => {
      await attach();
      expect(load).not.toHaveBeenCalled();
      await kernel.installs[0].reply(installed({ status: 'missing' }));
      expect(kernel.installs.map(expression)).toEqual([
        runtime.startExpression,
        runtime.installExpression
      ]);
      await answerInstall();
      await answerSnapshot();
      expect(jobs.state.status.kind).toBe('ready');
    });

    it('and after a restart at once', async () => {
      await attach();
      await kernel.installs[0].reply(installed({ status: 'missing' }));
      await kernel.restart();
      expect(kernel.installs.map(expression)).toEqual([
        runtime.installExpression
      ]);
    });

    it('in full before a cell that cannot wait for the answer', async () => {
      await attach();
      const prepared = jobs.prepare();
      expect(prepared).toBeInstanceOf(Promise);
      await prepared;
      expect(kernel.installs.map(expression)).toEqual([
        runtime.startExpression,
        runtime.installExpression
      ]);
      expect(jobs.prepare()).toBeNull();
      // What the first request finds is no longer of interest.
      await kernel.installs[0].reply(installed({ status: 'missing' }));
      await answerInstall();
      expect(kernel.installs).toHaveLength(2);
      expect(kernel.requests('snapshot')).toHaveLength(1);
    });

    it('in full in the session in which the cell will run', async () => {
      let loaded: (files: object) => void = () => undefined;
      load.mockReturnValue(new Promise(resolve => (loaded = resolve)));
      await attach();
      const prepared = jobs.prepare();
      await kernel.restart();
      loaded({});
      await prepared;
      expect(kernel.installs.map(expression)).toEqual([
        runtime.startExpression,
        runtime.installExpression
      ]);
    });

    it('at once before a cell when it is loaded', async () => {
      await runtime.load();
      await attach();
      expect(jobs.prepare()).toBeNull();
      expect(kernel.installs.map(expression)).toEqual([
        runtime.startExpression,
        runtime.installExpression
      ]);
    });

    it('and says if the server does not give it', async () => {
      load.mockRejectedValue(new Error('the server is away'));
      await attach();
      await kernel.installs[0].reply(installed({ status: 'missing' }));
      expect(jobs.state.status).toEqual({
        kind: 'unavailable',
        reason:
          'The job runtime could not be loaded from the server. Reload the page to try again.'
      });
      // A cell tries again, and runs whatever comes of it.
      load.mockResolvedValue({});
      await jobs.prepare();
      expect(kernel.installs.map(expression)).toEqual([
        runtime.startExpression,
        runtime.installExpression
      ]);
    });

    it('when it knows the language', async () => {
      await attach(null);
      expect(kernel.installs).toHaveLength(1);
    });

    it('when the connection stands, or earlier if a cell is to run', async () => {
      kernel.connectionStatus = 'connecting';
      await attach();
      expect(kernel.sent).toEqual([]);
      await jobs.prepare();
      expect(kernel.installs).toHaveLength(2);
      kernel.setConnectionStatus('connected');
      await settled();
      expect(kernel.sent).toHaveLength(2);
    });

    it('again if a failing cell took it along', async () => {
      await attach();
      await kernel.installs[0].reply({ status: 'aborted' });
      expect(kernel.installs).toHaveLength(2);
      expect(jobs.state.status).toEqual({ kind: 'connecting' });
    });

    it('not into a kernel of another language', async () => {
      await attach('R');
      expect(jobs.prepare()).toBeNull();
      await settled();
      expect(kernel.sent).toEqual([]);
      expect(jobs.state.status).toEqual({
        kind: 'unavailable',
        reason: 'Jobs need a Python kernel; this one runs R.'
      });
    });

    it.each([
      [installed({ status: 'unavailable', reason: 'Too old.' }), 'Too old.'],
      [
        { status: 'ok', user_expressions: {} },
        'The kernel does not say whether jobs can run in it.'
      ],
      [
        {
          status: 'ok',
          user_expressions: {
            jupyterlab_jobs: {
              status: 'error',
              ename: 'ImportError',
              evalue: 'no IPython'
            }
          }
        },
        'The job runtime could not start in this kernel: ImportError: no IPython'
      ],
      [
        { status: 'error', ename: 'KeyboardInterrupt', evalue: '' },
        'The job runtime could not start in this kernel: KeyboardInterrupt'
      ]
    ])('and says why it did not work (%#)', async (reply, reason) => {
      await attach();
      await kernel.installs[0].reply(reply);
      expect(jobs.state.status).toEqual({ kind: 'unavailable', reason });
      expect(kernel.requests('snapshot')).toEqual([]);
    });

    it('and says that it speaks another protocol', async () => {
      await attach();
      await answerInstall();
      const reply = { ...ok(snapshot()), version: 2 };
      await kernel.requests('snapshot')[0].reply(reply);
      expect(jobs.state.status).toEqual({
        kind: 'unavailable',
        reason:
          'The kernel and this page have different versions of jupyterlab-jobs. Restart the kernel and reload the page.'
      });
    });
  });

  describe('with a kernel that is at work', () => {
    beforeEach(() => {
      busy = true;
      kernel.status = 'unknown';
    });

    it('finds a runtime that is there, without the main thread', async () => {
      await attach();
      expect(kernel.sent.map(({ channel }) => channel)).toEqual([
        'control',
        'shell'
      ]);
      await answerSnapshot({ jobs: [record(1)] });
      expect(jobs.state.status.kind).toBe('ready');
      expect(states()).toEqual(['r1:1 running']);
    });

    it('waits for the main thread if there is none', async () => {
      await attach();
      jest.advanceTimersByTime(10_000);
      await settled();
      expect(jobs.state.status.kind).toBe('connecting');
      expect(kernel.requests('snapshot')).toHaveLength(1);
      await answerInstall();
      expect(kernel.requests('snapshot')).toHaveLength(2);
      await answerSnapshot();
      expect(jobs.state.status.kind).toBe('ready');
    });

    it('does not wait for the answer that never comes', async () => {
      await attach();
      await answerInstall();
      expect(kernel.requests('snapshot')).toHaveLength(2);
      await answerSnapshot();
      expect(jobs.state.status.kind).toBe('ready');
      jest.advanceTimersByTime(10_000);
      await settled();
    });
  });

  it('follows what is published', async () => {
    await makeReady();
    const changed = jest.fn();
    jobs.stateChanged.connect(changed);
    kernel.publish('jobs_event', event(1, { jobs: [record(1)] }));
    expect(changed).toHaveBeenCalledTimes(1);
    const write = (seq: number, text: string) =>
      kernel.publish(
        'stream',
        { name: 'stdout', text },
        { jupyterlab_jobs: { version: 1, runtime: 'r1', job: 1, seq } }
      );
    write(2, 'a');
    write(3, 'b');
    expect(changed).toHaveBeenCalledTimes(1);
    jest.advanceTimersByTime(50);
    expect(changed).toHaveBeenCalledTimes(2);
    expect(jobs.state.outputs.get('r1:1')?.items[0].output.text).toBe('ab');
    write(4, 'c');
    kernel.publish(
      'jobs_event',
      event(5, { jobs: [record(1, { state: 'finished' })] })
    );
    expect(changed).toHaveBeenCalledTimes(3);
    expect(jobs.state.outputs.get('r1:1')?.items[0].output.text).toBe('abc');
    expect(states()).toEqual(['r1:1 finished']);
  });

  it('asks for what it has missed, once at a time', async () => {
    await makeReady();
    kernel.publish('jobs_event', event(3, { jobs: [record(3)] }));
    kernel.publish('jobs_event', event(4, { jobs: [record(4)] }));
    expect(kernel.requests('snapshot')).toHaveLength(2);
    await answerSnapshot({ seq: 2, jobs: [record(1)] });
    expect(states()).toEqual(['r1:1 running', 'r1:3 running', 'r1:4 running']);
    expect(kernel.requests('snapshot')).toHaveLength(2);
  });

  it('does not ask in a loop for what no snapshot brings', async () => {
    await makeReady();
    const asked = () => kernel.requests('snapshot').length;
    const stray = (seq: number) =>
      kernel.publish('jobs_event', event(seq, { runtime: 'stray' }));
    stray(1);
    expect(asked()).toBe(2);
    await answerSnapshot();
    expect(asked()).toBe(2);
    stray(2);
    stray(3);
    expect(asked()).toBe(2);
    jest.advanceTimersByTime(2_000);
    expect(asked()).toBe(3);
  });

  it('does not ask in a loop if a snapshot leaves a gap', async () => {
    await makeReady();
    kernel.publish('jobs_event', event(9));
    await answerSnapshot({ seq: 6 });
    expect(kernel.requests('snapshot')).toHaveLength(2);
    jest.advanceTimersByTime(2_000);
    await answerSnapshot({ seq: 9, jobs: [record(1)] });
    expect(states()).toEqual(['r1:1 running']);
    expect(kernel.requests('snapshot')).toHaveLength(3);
  });

  it('asks again if there is no answer', async () => {
    await makeReady();
    kernel.publish('jobs_event', event(3));
    jest.advanceTimersByTime(10_000);
    await settled();
    expect(warn).toHaveBeenCalledTimes(1);
    jest.advanceTimersByTime(2_000);
    await settled();
    expect(kernel.requests('snapshot')).toHaveLength(3);
    await answerSnapshot({ seq: 3, jobs: [record(1)] });
    expect(states()).toEqual(['r1:1 running']);
  });

  it('looks for what the server has dropped', async () => {
    await makeReady({ jobs: [record(1)] });
    kernel.publish('stream', {
      name: 'stderr',
      text: 'IOPub data rate exceeded.\n'
    });
    jest.advanceTimersByTime(4_000);
    await answerSnapshot({ seq: 1, jobs: [record(1, { state: 'finished' })] });
    expect(states()).toEqual(['r1:1 finished']);
  });

  it('sends what the user wants', async () => {
    await makeReady();
    const started = jobs.submit({
      code: '%job f()',
      cellId: 'c',
      parent: { msg_id: 'm' },
      ahead: [{ msgId: 'n', code: 'x = 1' }]
    });
    const [submit] = kernel.requests('submit');
    expect(submit.content.params).toEqual({
      code: '%job f()',
      cell_id: 'c',
      parent: { msg_id: 'm' },
      ahead: [{ msg_id: 'n', code: 'x = 1' }]
    });
    void submit.reply(ok({ jobs: [3], reason: null }));
    await expect(started).resolves.toEqual([3]);

    const killed = jobs.kill([3]);
    const [kill] = kernel.requests('kill');
    expect(kill.content.params).toEqual({ jobs: [3] });
    void kill.reply(ok({ killed: [3], ended: [] }));
    await killed;

    const all = jobs.killAll();
    void kernel.requests('kill_all')[0].reply(ok({ killed: [], ended: [] }));
    await all;

    const cleared = jobs.clear();
    void kernel.requests('clear')[0].reply(ok({ removed: [] }));
    await cleared;
  });

  it('reads the output of a job in parts, up to where it was', async () => {
    await makeReady();
    const parts: string[] = [];
    const reading = (async () => {
      for await (const part of jobs.output(3)) {
        parts.push(part);
      }
    })();
    const answer = async (offset: number, limit: number, result: object) => {
      const request = kernel.requests('output').pop()!;
      const params = { job: 3, offset, limit };
      expect(request.content).toMatchObject({ params });
      await request.reply(ok(result));
    };
    await settled();
    await answer(0, 1e6, { text: 'ab', next: 2, total: 5 });
    await answer(2, 3, { text: 'cd', next: 4, total: 7 });
    await answer(4, 1, { text: 'e', next: 5, total: 9 });
    await reading;
    expect(parts).toEqual(['ab', 'cd', 'e']);
    expect(kernel.requests('output')).toHaveLength(3);
  });

  it('stops reading where the job has cleared its output', async () => {
    await makeReady();
    const parts = jobs.output(3);
    const read = async (result: object) => {
      const part = parts.next();
      await settled();
      await kernel.requests('output').pop()!.reply(ok(result));
      return part;
    };
    const first = await read({ text: 'ab', next: 2, total: 5 });
    expect(first).toEqual({ done: false, value: 'ab' });
    const second = await read({ text: '', next: 2, total: 1 });
    expect(second.done).toBe(true);
  });

  it('sends nothing to a kernel without a runtime', async () => {
    await attach();
    await expect(jobs.kill([1])).rejects.toThrow('No jobs can run');
    await jobs.clear();
    expect(kernel.requests('kill')).toEqual([]);
    expect(kernel.requests('clear')).toEqual([]);
  });

  describe('when the kernel restarts', () => {
    beforeEach(() => makeReady({ jobs: [record(1)] }));

    it('loses the jobs, and brings the runtime before any cell', async () => {
      await kernel.restart();
      expect(states()).toEqual(['r1:1 lost']);
      expect(jobs.state.status).toEqual({ kind: 'connecting' });
      expect(kernel.sent.map(({ channel }) => channel)).toEqual(['shell']);
      await jobs.prepare();
      await answerInstall();
      await answerSnapshot({ jobs: [record(1)] }, 'r2');
      expect(states()).toEqual(['r1:1 lost', 'r2:1 running']);
      expect(jobs.remembers('r1')).toBe(true);
      expect(jobs.has('r2')).toBe(true);
      expect(jobs.has('r1')).toBe(false);
    });

    it('by itself, too', async () => {
      kernel.setStatus('restarting');
      kernel.setStatus('autorestarting');
      await settled();
      expect(states()).toEqual(['r1:1 lost']);
      expect(kernel.installs).toHaveLength(2);
    });

    it('by the hand of somebody else', async () => {
      kernel.setStatus('starting');
      await settled();
      expect(states()).toEqual(['r1:1 lost']);
      expect(kernel.installs).toHaveLength(2);
    });

    it('forgets the lost ones when asked to', async () => {
      await kernel.restart();
      await jobs.clear();
      expect(states()).toEqual([]);
    });
  });

  it('loses the jobs of a kernel that dies', async () => {
    await makeReady({ jobs: [record(1)] });
    kernel.die();
    expect(states()).toEqual(['r1:1 lost']);
    expect(jobs.state.status).toEqual({
      kind: 'unavailable',
      reason: 'The kernel has died.'
    });
  });

  describe('when the connection was gone', () => {
    const reconnect = async () => {
      kernel.setConnectionStatus('connecting');
      kernel.setStatus('unknown');
      kernel.setConnectionStatus('connected');
      await settled();
    };

    it('catches up', async () => {
      await makeReady({ jobs: [record(1)] });
      await reconnect();
      expect(states()).toEqual(['r1:1 running']);
      await answerSnapshot({
        seq: 7,
        jobs: [record(1, { state: 'finished' }), record(2)]
      });
      expect(states()).toEqual(['r1:1 finished', 'r1:2 running']);
    });

    it('notices that the kernel is another', async () => {
      await makeReady({ jobs: [record(1)] });
      await reconnect();
      await answerInstall();
      await answerSnapshot({}, 'r2');
      expect(states()).toEqual(['r1:1 lost']);
      expect(jobs.state.status).toMatchObject({ runtime: 'r2' });
    });

    it('does not rely on an answer that was lost', async () => {
      await attach();
      await reconnect();
      expect(kernel.installs).toHaveLength(2);
    });
  });

  it('does not wait for an answer over the connection before', async () => {
    await makeReady();
    kernel.publish('jobs_event', event(3));
    expect(kernel.requests('snapshot')).toHaveLength(2);
    const other = new FakeKernel(kernel.id);
    jobs.kernel = other.connection;
    await settled();
    expect(other.requests('snapshot')).toHaveLength(1);
    // What comes over the old one all the same is not listened to.
    await answerSnapshot({ seq: 3, jobs: [record(1)] });
    expect(states()).toEqual([]);
    other.dispose();
  });

  it('moves on to another connection', async () => {
    await makeReady({ jobs: [record(1)] });
    const other = new FakeKernel(kernel.id);
    jobs.kernel = other.connection;
    await settled();
    expect(states()).toEqual(['r1:1 running']);
    kernel.publish('jobs_event', event(1, { jobs: [record(2)] }));
    expect(states()).toEqual(['r1:1 running']);
    await other
      .requests('snapshot')[0]
      .reply(ok(snapshot({ seq: 1, jobs: [record(1), record(2)] })));
    expect(states()).toEqual(['r1:1 running', 'r1:2 running']);
    other.dispose();
  });
});
