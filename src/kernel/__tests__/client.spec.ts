import { KernelClient } from '../client';
import type { JobsMessage } from '../protocol';
import { event, FakeKernel, ok, record, settled } from './fakekernel';

describe('KernelClient', () => {
  let kernel: FakeKernel;
  let client: KernelClient;
  let received: JobsMessage[];
  let warn: jest.SpyInstance;

  beforeEach(() => {
    jest.useFakeTimers();
    warn = jest.spyOn(console, 'warn').mockImplementation();
    kernel = new FakeKernel();
    client = new KernelClient({ kernel: kernel.connection });
    received = [];
    client.messageReceived.connect((_, message) => {
      received.push(message);
    });
  });

  afterEach(() => {
    client.dispose();
    kernel.dispose();
    warn.mockRestore();
    jest.useRealTimers();
  });

  it('asks over the control channel', async () => {
    const result = client.request('kill', { jobs: [1, 2] });
    const [request] = kernel.sent;
    expect(request.msg).toMatchObject({
      channel: 'control',
      header: { msg_type: 'jobs_request', session: 'client' },
      content: { version: 1, method: 'kill', params: { jobs: [1, 2] } }
    });
    await request.reply(ok({ killed: [1], ended: [2] }));
    await expect(result).resolves.toEqual({ killed: [1], ended: [2] });
  });

  it('rejects what the runtime refuses', async () => {
    const result = client.request('kill', { jobs: [7] });
    const error = { ename: 'NoSuchJob', evalue: 'there is no job 7' };
    void kernel.sent[0].reply({ version: 1, status: 'error', ...error });
    await expect(result).rejects.toMatchObject(error);
  });

  it('rejects a malformed reply', async () => {
    const result = client.request('kill', { jobs: [] });
    void kernel.sent[0].reply(ok({ killed: 'all' }));
    await expect(result).rejects.toThrow('"killed" must be a list');
  });

  it('does not wait for ever', async () => {
    const result = client.request('snapshot', { since: null });
    jest.advanceTimersByTime(9_999);
    expect(kernel.sent[0].isDisposed).toBe(false);
    jest.advanceTimersByTime(1);
    await expect(result).rejects.toThrow(
      'The kernel has not answered "snapshot" in 10 s.'
    );
    expect(kernel.sent[0].isDisposed).toBe(true);
  });

  it('rejects when the kernel ends', async () => {
    const result = client.request('snapshot', { since: null });
    kernel.die();
    await expect(result).rejects.toThrow('Canceled');
    expect(jest.getTimerCount()).toBe(0);
  });

  it('rejects when nothing can be sent', async () => {
    jest.spyOn(kernel, 'sendControlMessage').mockImplementation(() => {
      throw new Error('Kernel is dead');
    });
    await expect(client.request('clear', { jobs: null })).rejects.toThrow(
      'dead'
    );
  });

  it('tells what is published about jobs', () => {
    kernel.publish('status', { execution_state: 'busy' });
    kernel.publish('stream', { name: 'stdout', text: 'not a job' });
    kernel.publish('jobs_event', event(1, { jobs: [record(1)] }));
    kernel.publish(
      'stream',
      { name: 'stdout', text: 'a job' },
      { jupyterlab_jobs: { version: 1, runtime: 'r1', job: 1, seq: 2 } }
    );
    expect(received.map(({ kind, seq }) => [kind, seq])).toEqual([
      ['jobs', 1],
      ['output', 2]
    ]);
  });

  it('ignores malformed messages, and says so once', () => {
    kernel.publish('jobs_event', event(1, { version: 2 }));
    kernel.publish('jobs_event', event(2, { jobs: 'none' }));
    expect(received).toEqual([]);
    expect(warn).toHaveBeenCalledTimes(1);
  });

  it('tells when the server drops messages', () => {
    const dropped = jest.fn();
    client.messagesDropped.connect(dropped);
    const text = 'IOPub message rate exceeded.\nThe Jupyter server will…';
    kernel.publish('stream', { name: 'stderr', text });
    expect(dropped).toHaveBeenCalledTimes(1);
    kernel.publish('stream', { name: 'stderr', text: 'IOPub' });
    expect(dropped).toHaveBeenCalledTimes(1);
  });

  it('is silent when it is disposed', async () => {
    client.dispose();
    kernel.publish('jobs_event', event(1));
    await settled();
    expect(received).toEqual([]);
  });
});
