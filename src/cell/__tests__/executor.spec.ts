import type { INotebookCellExecutor } from '@jupyterlab/notebook';
import { Signal } from '@lumino/signaling';

import { FakeFuture, FakeKernel } from '../../kernel/__tests__/fakekernel';
import type { IJobs, IKernelJobs } from '../../tokens';
import { JobCellExecutor } from '../executor';
import type { StartPolicy } from '../lane';

type Options = INotebookCellExecutor.IRunCellOptions;

describe('JobCellExecutor', () => {
  let kernel: FakeKernel;
  let session: { kernel: FakeKernel } | null;
  let kernelChanged: Signal<object, void>;
  let jobs: {
    state: object;
    kernelId: string;
    isIdle: boolean;
    submit: jest.Mock;
  };
  let prepare: jest.Mock;
  let loading: Promise<void>;
  let log: string[];
  let executor: JobCellExecutor;
  let requests: number;
  let policy: StartPolicy;
  const notebook = {};

  beforeEach(() => {
    loading = Promise.resolve();
    log = [];
    requests = 0;
    policy = 'when safe';
    kernel = new FakeKernel();
    session = { kernel };
    kernelChanged = new Signal<object, void>({});
    jobs = {
      kernelId: kernel.id,
      isIdle: false,
      state: { status: { kind: 'ready' } },
      submit: jest.fn(({ code }: { code: string }) => {
        log.push(`submit ${code}`);
        return Promise.resolve([]);
      })
    };
    prepare = jest.fn(() => {
      log.push('prepare');
      return jobs as unknown as IKernelJobs;
    });
    executor = new JobCellExecutor({
      jobs: { prepare, load: () => loading } as unknown as IJobs,
      policy: () => policy,
      runCell: ({ cell }) => {
        const { model, outputArea } = cell as unknown as FakeCell;
        log.push(`run ${model.source}`);
        if (model.type === 'code' && model.source && session) {
          outputArea.future = new FakeFuture(
            'shell',
            {},
            {
              header: { msg_id: `m${++requests}`, session: 'client' }
            }
          );
        }
        return Promise.resolve(true);
      }
    });
  });

  interface IFakeModel {
    readonly id: string;
    readonly type: string;
    readonly source: string;
  }

  class FakeCell {
    constructor(source: string, type = 'code') {
      this.model = {
        id: `cell ${source}`,
        type,
        source,
        sharedModel: { getSource: () => source }
      };
    }
    readonly model: IFakeModel & {
      readonly sharedModel: { getSource(): string };
    };
    readonly outputArea: { future?: FakeFuture } = {};
  }

  function run(cell: FakeCell | string): Promise<boolean> {
    const options = {
      cell: typeof cell === 'string' ? new FakeCell(cell) : cell,
      notebook,
      sessionContext: {
        get session() {
          return session;
        },
        kernelChanged,
        specsManager: {
          specs: { kernelspecs: { python3: { language: 'python' } } }
        }
      }
    };
    return executor.runCell(options as unknown as Options);
  }

  it('prepares the kernel, and runs the cell in the same tick', async () => {
    const done = run('x = 1');
    expect(log).toEqual(['prepare', 'run x = 1']);
    expect(prepare).toHaveBeenCalledWith(kernel, 'python');
    await expect(done).resolves.toBe(true);
  });

  it('submits the jobs of a cell beside it', () => {
    void run('%job f()');
    expect(log).toEqual(['prepare', 'run %job f()', 'submit %job f()']);
    expect(jobs.submit).toHaveBeenCalledWith({
      code: '%job f()',
      cellId: 'cell %job f()',
      parent: { msg_id: 'm1', session: 'client' },
      ahead: []
    });
  });

  it.each([
    ['the kernel is idle', () => (jobs.isIdle = true)],
    [
      'it has no runtime',
      () => (jobs.state = { status: { kind: 'connecting' } })
    ],
    ['a cell comes first', () => run('x = 1')]
  ])('submits nothing when %s', (_, given) => {
    void given();
    void run('%job f()');
    expect(jobs.submit).not.toHaveBeenCalled();
    expect(log).toContain('run %job f()');
  });

  it('submits nothing for a cell that was not sent', () => {
    const cell = new FakeCell('%job f()');
    void run(cell);
    expect(jobs.submit).toHaveBeenCalledTimes(1);
    const { kernelId } = jobs;
    session = { kernel };
    executor = new JobCellExecutor({
      jobs: { prepare } as unknown as IJobs,
      // As JupyterLab does when another cell waits for input.
      runCell: () => Promise.resolve(false),
      policy: () => policy
    });
    void run(cell);
    expect(jobs.submit).toHaveBeenCalledTimes(1);
    expect(kernelId).toBe(kernel.id);
  });

  it('tells which cells are ahead, until they are done', async () => {
    const first = new FakeCell('a = 1');
    void run(first);
    void run('b = 2');
    await new Promise(resolve => setTimeout(resolve));
    void run('%job f(a, b)');
    const ahead = (call: number): unknown =>
      (jobs.submit.mock.calls[call] as [{ ahead: unknown }])[0].ahead;
    expect(ahead(0)).toEqual([
      { msgId: 'm1', code: 'a = 1' },
      { msgId: 'm2', code: 'b = 2' }
    ]);
    await first.outputArea.future?.reply({});
    void run('%job g()');
    expect(ahead(1)).toEqual([
      { msgId: 'm2', code: 'b = 2' },
      { msgId: 'm3', code: '%job f(a, b)' }
    ]);
  });

  it('tells of no cells if jobs are to start at once', () => {
    policy = 'always';
    void run('%job f()');
    expect(jobs.submit.mock.calls[0]).toMatchObject([{ ahead: null }]);
  });

  it('sends cells as jobs, and only those that it is told to', () => {
    const sent: string[] = [];
    const requestExecute = jest.fn(({ code }: { code: string }) => {
      sent.push(code);
      return new FakeFuture('shell', {}, { header: { msg_id: code } });
    });
    const connection = Object.assign(kernel, { requestExecute });
    executor = new JobCellExecutor({
      jobs: { prepare } as unknown as IJobs,
      policy: () => policy,
      runCell: ({ cell }) => {
        const { model, outputArea } = cell as unknown as FakeCell;
        outputArea.future = connection.requestExecute({ code: model.source });
        return Promise.resolve(true);
      }
    });
    executor.runAsJobs(() => {
      void run('x = 1');
      void run('%job f()');
    });
    void run('y = 2');
    expect(sent).toEqual(['%%job --as-cell\nx = 1', '%job f()', 'y = 2']);
    expect(connection.requestExecute).toBe(requestExecute);
    expect(jobs.submit.mock.calls).toMatchObject([
      [{ code: '%%job --as-cell\nx = 1' }],
      [{ code: '%job f()' }]
    ]);
  });

  it('leaves other cells alone', () => {
    void run(new FakeCell('%job f()', 'markdown'));
    expect(log).toEqual(['run %job f()']);
  });

  it('runs the cell whatever goes wrong', async () => {
    const warn = jest.spyOn(console, 'warn').mockImplementation();
    jobs.submit.mockRejectedValue(new Error('busy'));
    await expect(run('%job f()')).resolves.toBe(true);
    prepare.mockImplementation(() => {
      throw new Error('broken');
    });
    await expect(run('%job f()')).resolves.toBe(true);
    expect(warn).toHaveBeenCalledTimes(2);
    warn.mockRestore();
  });

  it('waits for the runtime, and keeps the order of the cells', async () => {
    let loaded: (value: object) => void = () => undefined;
    const prepared = new Promise<object>(resolve => (loaded = resolve));
    prepare.mockReturnValue(prepared);
    const done = Promise.all([run('%job f()'), run('x = 1'), run('%job g(x)')]);
    expect(log).toEqual([]);
    loaded(jobs);
    await expect(done).resolves.toEqual([true, true, true]);
    expect(log).toEqual([
      'run %job f()',
      'submit %job f()',
      'run x = 1',
      'run %job g(x)'
    ]);
  });

  it('prepares a kernel that is started for the cell', async () => {
    session = null;
    const done = run('x = 1');
    expect(log).toEqual([]);
    await loading;
    expect(log).toEqual(['run x = 1']);
    session = { kernel };
    kernelChanged.emit();
    expect(prepare).toHaveBeenCalledTimes(1);
    await done;
    kernelChanged.emit();
    expect(prepare).toHaveBeenCalledTimes(1);
  });
});
