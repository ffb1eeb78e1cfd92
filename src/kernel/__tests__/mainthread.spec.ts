import { MainThread } from '../mainthread';
import { FakeKernel } from './fakekernel';

describe('MainThread', () => {
  let kernel: FakeKernel;
  let thread: MainThread;

  beforeEach(() => {
    kernel = new FakeKernel();
    thread = new MainThread(kernel.connection);
  });

  afterEach(() => {
    thread.dispose();
    kernel.dispose();
  });

  /** What JupyterLab 4.3 does with the status of any request. */
  function publishStatus(status: 'busy' | 'idle', request: string): void {
    kernel.publish(
      'status',
      { execution_state: status },
      {},
      { msg_type: request }
    );
    kernel.setStatus(status);
  }

  it.each(['busy', 'starting', 'unknown'] as const)(
    'is not idle in a kernel that is %s',
    status => {
      kernel.setStatus(status);
      expect(thread.isIdle).toBe(false);
    }
  );

  it('stays at work when the kernel has answered a request of the debugger', () => {
    expect(thread.isIdle).toBe(true);
    publishStatus('busy', 'execute_request');
    publishStatus('busy', 'debug_request');
    publishStatus('idle', 'debug_request');
    expect(thread.isIdle).toBe(false);
    publishStatus('idle', 'execute_request');
    expect(thread.isIdle).toBe(true);
  });

  it('has nothing to do in the next kernel session', async () => {
    publishStatus('busy', 'execute_request');
    await kernel.restart();
    expect(thread.isIdle).toBe(false);
    kernel.setStatus('idle');
    expect(thread.isIdle).toBe(true);
  });

  it('forgets what may have changed while the connection was lost', () => {
    publishStatus('busy', 'execute_request');
    kernel.setConnectionStatus('connecting');
    kernel.setConnectionStatus('connected');
    publishStatus('idle', 'kernel_info_request');
    expect(thread.isIdle).toBe(true);
  });

  it('does not follow the kernel once it is disposed', () => {
    thread.dispose();
    publishStatus('busy', 'execute_request');
    kernel.setStatus('idle');
    expect(thread.isIdle).toBe(true);
  });
});
