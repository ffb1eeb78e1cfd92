import { nullTranslator } from '@jupyterlab/translation';

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
import { HistoryKeeper, OUTPUT_DELAY, STATE_DELAY } from '../historykeeper';
import { HistoryStore } from '../historystore';
import { JobsManager } from '../manager';
import { FakeDatabase } from './historyfixtures';

describe('HistoryKeeper', () => {
  let database: FakeDatabase;
  let manager: JobsManager;
  let keeper: HistoryKeeper;
  let kernel: FakeKernel;

  beforeEach(() => {
    jest.useFakeTimers({ doNotFake: ['queueMicrotask'] });
    database = new FakeDatabase();
    openPage();
  });

  afterEach(async () => {
    await closePage();
    jest.useRealTimers();
  });

  function openPage(): void {
    manager = new JobsManager({
      runtime: carried(),
      trans: nullTranslator.load('test')
    });
    keeper = new HistoryKeeper({
      jobs: manager,
      store: new HistoryStore({ database }),
      path: 'a.ipynb'
    });
  }

  async function closePage(): Promise<void> {
    keeper.dispose();
    manager.dispose();
    kernel.dispose();
    await idle();
  }

  async function idle(): Promise<void> {
    for (let i = 0; i < 10; i++) {
      await settled();
    }
  }

  /** Give the notebook a kernel, as far as it can be without the kernel's answer. */
  async function attach(id: string): Promise<() => void> {
    kernel = new FakeKernel(id);
    const handle = manager.attach(kernel.connection, 'python');
    keeper.kernelId = id;
    await idle();
    return () => handle.dispose();
  }

  async function answer(runtime: string, ...jobs: object[]): Promise<void> {
    await kernel.installs.pop()?.reply(installed({ status: 'ready' }));
    await kernel
      .requests('snapshot')
      .pop()
      ?.reply(ok(snapshot({ jobs }), runtime));
    await idle();
  }

  async function stored(): Promise<string[]> {
    await idle();
    const history = await new HistoryStore({ database }).read(
      keeper.path ?? 'a.ipynb'
    );
    return [...history].map(([key, { job }]) => `${key} ${job.state}`);
  }

  const listed = () =>
    [...(manager.get(kernel.id)?.state.jobs.values() ?? [])].map(
      ({ key, state }) => `${key} ${state}`
    );

  const finished = (id: number) => record(id, { state: 'finished', ended: 9 });

  it('stores a state soon, and output later', async () => {
    await attach('k1');
    await answer('r1', record(1));
    jest.advanceTimersByTime(STATE_DELAY);
    expect(await stored()).toEqual(['r1:1 running']);
    kernel.publish(
      'stream',
      { name: 'stdout', text: 'a' },
      { jupyterlab_jobs: { version: 1, runtime: 'r1', job: 1, seq: 1 } }
    );
    jest.advanceTimersByTime(OUTPUT_DELAY / 2);
    await idle();
    expect(database.saves).toBe(1);
    jest.advanceTimersByTime(OUTPUT_DELAY);
    await idle();
    expect(database.saves).toBe(2);
  });

  it('stores at once what a restart has lost', async () => {
    await attach('k1');
    await answer('r1', record(1), finished(2));
    await kernel.restart();
    expect(await stored()).toEqual(['r1:1 lost', 'r1:2 finished']);
  });

  it('brings jobs back after a restart and a reload', async () => {
    await attach('k1');
    await answer('r1', record(1), finished(2));
    await closePage();
    openPage();
    await attach('k1');
    // Whether the kernel was restarted meanwhile, it has not said yet.
    expect(listed()).toEqual([]);
    await answer('r2', record(1));
    expect(listed()).toEqual(['r1:1 lost', 'r1:2 finished', 'r2:1 running']);
    expect(manager.find('r1')).toBe(manager.get('k1'));
  });

  it('doubles nothing when the kernel is still alive', async () => {
    await attach('k1');
    await answer('r1', record(1), finished(2));
    await closePage();
    openPage();
    await attach('k1');
    await answer('r1', finished(1), finished(2));
    expect(listed()).toEqual(['r1:1 finished', 'r1:2 finished']);
    jest.advanceTimersByTime(STATE_DELAY);
    expect(await stored()).toEqual(['r1:1 finished', 'r1:2 finished']);
  });

  it('hands the jobs of one kernel to the next', async () => {
    const leave = await attach('k1');
    await answer('r1', record(1), finished(2));
    const first = kernel;
    await attach('k2');
    leave();
    await idle();
    expect(listed()).toEqual(['r1:1 lost', 'r1:2 finished']);
    const lost = manager.get('k2')?.state.jobs.get('r1:1');
    expect(lost?.ended).not.toBeNull();
    await answer('r2', record(1));
    expect(listed()).toEqual(['r1:1 lost', 'r1:2 finished', 'r2:1 running']);
    first.dispose();
    jest.advanceTimersByTime(STATE_DELAY);
    expect(await stored()).toEqual([
      'r1:1 lost',
      'r2:1 running',
      'r1:2 finished'
    ]);
  });

  it('calls no job lost that runs in another kernel', async () => {
    await attach('k1');
    await answer('r1', record(1));
    const first = kernel;
    await attach('k2');
    await idle();
    expect(listed()).toEqual([]);
    expect(manager.find('r1')).toBe(manager.get('k1'));
    first.dispose();
  });

  it('forgets what is cleared', async () => {
    await attach('k1');
    await answer('r1', record(1), finished(2));
    await closePage();
    openPage();
    await attach('k1');
    await answer('r2', finished(1), record(2));
    const cleared = manager.get('k1')?.clear();
    await kernel.requests('clear')[0].reply(ok({ removed: [1] }, 'r2'));
    await cleared;
    kernel.publish('jobs_event', event(1, { runtime: 'r2', removed: [1] }));
    jest.advanceTimersByTime(STATE_DELAY);
    expect(await stored()).toEqual(['r2:2 running']);
  });

  it('moves with the notebook', async () => {
    await attach('k1');
    await answer('r1', finished(1));
    keeper.path = 'b.ipynb';
    expect(await stored()).toEqual(['r1:1 finished']);
    expect([...database.entries.keys()]).toEqual([
      'jupyterlab-jobs-history:b.ipynb'
    ]);
  });

  it('stores nothing of a notebook without a file', async () => {
    await attach('k1');
    await answer('r1', record(1));
    keeper.path = null;
    await kernel.restart();
    expect(await stored()).toEqual([]);
    keeper.path = 'c.ipynb';
    expect(await stored()).toEqual(['r1:1 lost']);
    keeper.path = null;
    await closePage();
    expect([...database.entries.keys()]).toEqual([
      'jupyterlab-jobs-history:c.ipynb'
    ]);
  });
});
