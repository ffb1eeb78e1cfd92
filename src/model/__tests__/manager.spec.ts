import { ServerConnection } from '@jupyterlab/services';
import { nullTranslator } from '@jupyterlab/translation';

import {
  carried,
  FakeKernel,
  installed,
  ok,
  settled,
  snapshot
} from '../../kernel/__tests__/fakekernel';
import { JobsManager } from '../manager';

describe('JobsManager', () => {
  let manager: JobsManager;
  let changed: jest.Mock;
  let kernels: FakeKernel[];

  function fakeKernel(id: string): FakeKernel {
    const kernel = new FakeKernel(id);
    kernels.push(kernel);
    return kernel;
  }

  beforeEach(() => {
    kernels = [];
    manager = new JobsManager({
      runtime: carried(),
      trans: nullTranslator.load('jupyterlab_jobs')
    });
    changed = jest.fn();
    manager.kernelsChanged.connect(() => {
      changed([...manager.kernels].map(({ kernelId }) => kernelId));
    });
  });

  afterEach(() => {
    manager.dispose();
    kernels.forEach(kernel => kernel.dispose());
  });

  async function answer(kernel: FakeKernel, runtime: string): Promise<void> {
    await settled();
    await kernel.installs[0].reply(installed({ status: 'ready' }));
    await kernel.requests('snapshot')[0].reply(ok(snapshot(), runtime));
  }

  it('follows a kernel until its handle is disposed', () => {
    const kernel = fakeKernel('a');
    const handle = manager.attach(kernel.connection, 'python');
    expect(changed).toHaveBeenLastCalledWith(['a']);
    expect(manager.get('a')?.kernelId).toBe('a');
    handle.dispose();
    expect(changed).toHaveBeenLastCalledWith([]);
    expect(manager.get('a')).toBeNull();
    handle.dispose();
    expect(changed).toHaveBeenCalledTimes(2);
  });

  it('follows a kernel once', () => {
    const first = fakeKernel('a');
    const second = fakeKernel('a');
    const handle = manager.attach(first.connection, 'python');
    const last = manager.attach(second.connection, 'python');
    const again = manager.attach(first.connection, 'python');
    expect([...manager.kernels]).toHaveLength(1);
    again.dispose();
    handle.dispose();
    expect([...manager.kernels]).toHaveLength(1);
    last.dispose();
    expect([...manager.kernels]).toEqual([]);
  });

  it('moves on to a connection that lives', async () => {
    const first = fakeKernel('a');
    const second = fakeKernel('a');
    manager.attach(first.connection, 'python');
    manager.attach(second.connection, 'python');
    await answer(first, 'r1');
    expect(second.sent).toEqual([]);
    const jobs = manager.get('a');
    first.dispose();
    await settled();
    expect(manager.get('a')).toBe(jobs);
    expect(second.requests('snapshot')).toHaveLength(1);
  });

  it('keeps a kernel that has died in sight', async () => {
    const kernel = fakeKernel('a');
    const handle = manager.attach(kernel.connection, 'python');
    await answer(kernel, 'r1');
    kernel.die();
    expect(manager.get('a')?.state.status.kind).toBe('unavailable');
    handle.dispose();
    expect(manager.get('a')).toBeNull();
  });

  it('keeps a kernel in sight that was shut down, and finds it alive', async () => {
    const kernel = fakeKernel('a');
    manager.attach(kernel.connection, 'python');
    await answer(kernel, 'r1');
    kernel.dispose();
    expect(manager.get('a')?.state.status.kind).toBe('unavailable');
    const again = fakeKernel('a');
    const handle = manager.attach(again.connection, 'python');
    await answer(again, 'r1');
    expect(manager.get('a')?.state.status.kind).toBe('ready');
    handle.dispose();
    expect(manager.get('a')?.state.status.kind).toBe('unavailable');
  });

  it('finds the kernel of a runtime', async () => {
    fakeKernel('a');
    fakeKernel('b');
    kernels.forEach(kernel => manager.attach(kernel.connection, 'python'));
    await answer(kernels[0], 'r1');
    await answer(kernels[1], 'r2');
    expect(manager.find('r2')).toBe(manager.get('b'));
    expect(manager.find('r3')).toBeNull();
    await kernels[1].restart();
    expect(manager.find('r2')).toBe(manager.get('b'));
  });

  it('tells when a status changes', async () => {
    const kernel = fakeKernel('a');
    manager.attach(kernel.connection, 'python');
    expect(changed).toHaveBeenCalledTimes(1);
    await answer(kernel, 'r1');
    expect(changed).toHaveBeenCalledTimes(2);
    kernel.die();
    expect(changed).toHaveBeenCalledTimes(3);
  });

  it('prepares a kernel at once, also one that nobody has attached', async () => {
    await manager.load();
    const kernel = fakeKernel('a');
    const jobs = manager.prepare(kernel.connection, 'python');
    expect(kernel.installs).toHaveLength(1);
    expect(manager.prepare(kernel.connection, 'python')).toBe(jobs);
    expect(manager.get('a')).toBe(jobs);
    kernel.dispose();
    expect(manager.get('a')).toBeNull();
  });

  it('prepares a kernel when the runtime is loaded', async () => {
    const kernel = fakeKernel('a');
    const prepared = manager.prepare(kernel.connection, 'python');
    expect(prepared).toBeInstanceOf(Promise);
    expect(kernel.installs).toHaveLength(1);
    expect(await prepared).toBe(manager.get('a'));
    expect(kernel.installs).toHaveLength(2);
  });

  it('asks the server whether a kernel works', async () => {
    const fetch = jest.fn().mockImplementation(() =>
      Promise.resolve(
        new Response(
          JSON.stringify({
            id: 'a',
            name: 'python3',
            execution_state: 'busy'
          })
        )
      )
    );
    const kernel = Object.assign(fakeKernel('a'), {
      serverSettings: ServerConnection.makeSettings({ fetch })
    });
    kernel.status = 'unknown';
    manager.attach(kernel.connection, 'python');
    await new Promise(resolve => setTimeout(resolve, 20));
    expect(fetch).toHaveBeenCalledTimes(1);
    expect(kernel.requests('snapshot')).toHaveLength(1);
  });
});
