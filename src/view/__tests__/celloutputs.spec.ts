import type { CellList, Notebook } from '@jupyterlab/notebook';
import { OutputAreaModel } from '@jupyterlab/outputarea';
import { Signal } from '@lumino/signaling';

import type { IJobOutput } from '../../model/job';
import { CellOutputs } from '../celloutputs';
import { FakeKernelJobs, makeJob, makeLog, stream } from './fakes';

interface IFakeModel {
  readonly id: string;
  readonly type: string;
  readonly outputs: OutputAreaModel;
  executionCount: number | null;
  isDisposed: boolean;
}

/** As much of a code cell as is written. */
class FakeCell {
  constructor(id: string, type = 'code', model?: IFakeModel) {
    this.model = model ?? {
      id,
      type,
      outputs: new OutputAreaModel(),
      executionCount: null,
      isDisposed: false
    };
  }

  readonly model: IFakeModel;
  isDisposed = false;
  readonly outputArea: { future: FakeFuture | null } = { future: null };

  /** Begin an execution, as JupyterLab does. */
  execute(request: string): FakeFuture {
    this.model.outputs.clear();
    this.outputArea.future = new FakeFuture(request, this.model.outputs);
    return this.outputArea.future;
  }

  /** What `OutputArea.reattachFuture` does. */
  reattach(future: FakeFuture): void {
    this.outputArea.future = future;
    future.onIOPub = output => this.model.outputs.add(output);
  }

  get text(): string {
    return this.model.outputs
      .toJSON()
      .map(output => output.text as string)
      .join('|');
  }
}

class FakeFuture {
  private static count = 100;

  constructor(request: string, outputs: OutputAreaModel) {
    this.msg = { header: { msg_id: request, date: `${FakeFuture.count++}` } };
    this.onIOPub = output => outputs.add(output);
  }

  readonly msg: object;
  onIOPub: (output: IJobOutput['output']) => void;
}

describe('CellOutputs', () => {
  let cell: FakeCell;
  let cellsChanged: Signal<object, { newValues: IFakeModel[] }>;
  let jobs: FakeKernelJobs;
  let outputs: CellOutputs;

  beforeEach(() => {
    cellsChanged = new Signal({});
    cell = new FakeCell('c');
    jobs = new FakeKernelJobs([]);
  });

  afterEach(() => {
    outputs.dispose();
  });

  function follow(...others: FakeCell[]): void {
    const view = {
      get widgets() {
        return [new FakeCell('markdown', 'markdown'), cell];
      }
    };
    const views = [view, ...others.map(other => ({ widgets: [other] }))];
    outputs = new CellOutputs({
      cells: { changed: cellsChanged } as unknown as CellList,
      views: () => views as unknown as Notebook[],
      jobs
    });
  }

  function setLog(request: string, ...items: IJobOutput[]): void {
    jobs.change({
      cells: new Map([[request, { cellId: 'c', log: makeLog(items) }]])
    });
  }

  /** What was missed is read anew. */
  function readAnew(...items: IJobOutput[]): void {
    const log = makeLog(items);
    jobs.change({
      snapshots: jobs.state.snapshots + 1,
      ...(items.length > 0
        ? { cells: new Map([['q', { cellId: 'c', log }]]) }
        : null)
    });
  }

  it('fills a cell, and goes on', () => {
    setLog('q', stream('a'));
    follow();
    expect(cell.text).toBe('a');
    setLog('q', stream('ab'), stream('!', 'stderr'));
    expect(cell.text).toBe('ab|!');
  });

  it('does not touch a cell that shows the same', () => {
    cell.model.outputs.fromJSON([stream('a').output]);
    const changed = jest.fn();
    cell.model.outputs.changed.connect(changed);
    setLog('q', stream('a'));
    follow();
    expect(changed).not.toHaveBeenCalled();
    setLog('q', stream('ab'));
    expect(cell.text).toBe('ab');
  });

  it('replaces what was saved before', () => {
    cell.model.outputs.fromJSON([stream('old').output]);
    setLog('q', stream('a'));
    follow();
    expect(cell.text).toBe('a');
  });

  it('tells the number of the cell once it has one', () => {
    setLog('q', stream('a'));
    follow();
    expect(cell.model.executionCount).toBeNull();
    jobs.setJobs([makeJob(1, { request: 'q', executionCount: 7 })]);
    expect(cell.model.executionCount).toBe(7);
  });

  it('leaves cells alone that the page itself has run', () => {
    follow();
    const future = cell.execute('q');
    future.onIOPub(stream('live').output);
    setLog('q', stream('later'));
    expect(cell.text).toBe('live');
  });

  it('takes them over when something may be missing', () => {
    follow();
    const future = cell.execute('q');
    future.onIOPub(stream('b').output);
    setLog('q', stream('b'));
    readAnew(stream('ab'));
    expect(cell.text).toBe('ab');
    // What the future still hears is in the log.
    future.onIOPub(stream('c').output);
    expect(cell.text).toBe('ab');
    setLog('q', stream('abc'));
    expect(cell.text).toBe('abc');
  });

  it('does not bring back what the user has cleared', () => {
    follow();
    const future = cell.execute('q');
    future.onIOPub(stream('a').output);
    setLog('q', stream('a'));
    cell.model.outputs.clear();
    // Nothing was missed: the log is the very one that was known.
    readAnew();
    expect(cell.text).toBe('');
    future.onIOPub(stream('b').output);
    expect(cell.text).toBe('b');
  });

  it('leaves a cell that has more than the log does', () => {
    cell.model.outputs.fromJSON([stream('long and more').output]);
    jobs.change({
      cells: new Map([
        ['q', { cellId: 'c', log: makeLog([stream('more')], 9) }]
      ])
    });
    follow();
    expect(cell.text).toBe('long and more');
  });

  it('looks at all views of a document', () => {
    const other = new FakeCell('c', 'code', cell.model);
    follow(other);
    const future = other.execute('q');
    future.onIOPub(stream('a').output);
    setLog('q', stream('a'));
    // Another view may come at any time, and hears of what is there.
    expect(cell.text).toBe('a');
    setLog('q', stream('a and what was missed'));
    jobs.change({
      cells: new Map([['q', { cellId: 'c', log: makeLog([stream('a, b')]) }]]),
      snapshots: jobs.state.snapshots + 1
    });
    expect(cell.text).toBe('a, b');
    future.onIOPub(stream('once').output);
    expect(cell.text).toBe('a, b');
    cell.execute('q2');
    setLog('q', stream('a, b, late'));
    expect(cell.text).toBe('');
  });

  it('never shows an execution that the page knows to be over', () => {
    setLog('q', stream('old'));
    follow();
    cell.execute('q2');
    setLog('q', stream('old and late'));
    expect(cell.text).toBe('');
    readAnew();
    expect(cell.text).toBe('');
  });

  it('stops with the kernel, and leaves what there is', () => {
    setLog('q', stream('a'));
    follow();
    jobs.change({ cells: new Map() });
    expect(cell.text).toBe('a');
  });

  describe('with a cell that is moved', () => {
    /** A move makes a new cell of the old one's JSON. */
    async function move(shown = cell, future = shown.outputArea.future) {
      shown.isDisposed = shown.model.isDisposed = true;
      cell = new FakeCell('c');
      cell.model.outputs.fromJSON(shown.model.outputs.toJSON());
      cellsChanged.emit({ newValues: [cell.model] });
      if (future) {
        cell.reattach(future);
      }
      await Promise.resolve();
    }

    it('goes on to write it', async () => {
      setLog('q', stream('a'));
      follow();
      await move();
      setLog('q', stream('ab'));
      expect(cell.text).toBe('ab');
    });

    it('brings it up to date when it was away', async () => {
      setLog('q', stream('a'));
      follow();
      const before = cell;
      cell = new FakeCell('other');
      cellsChanged.emit({ newValues: [] });
      setLog('q', stream('ab'));
      await move(before);
      expect(cell.text).toBe('ab');
    });

    it('leaves it to its future, if it has that still', async () => {
      follow();
      const future = cell.execute('q');
      future.onIOPub(stream('a').output);
      setLog('q', stream('a'));
      await move();
      future.onIOPub(stream('b').output);
      setLog('q', stream('ab'));
      expect(cell.text).toBe('ab');
    });

    it('takes the place of a future that JupyterLab has not kept', async () => {
      follow();
      cell.execute('q').onIOPub(stream('a').output);
      setLog('q', stream('a'));
      await move(cell, null);
      setLog('q', stream('ab'));
      expect(cell.text).toBe('ab');
    });

    it('writes it once where it has taken over from a future', async () => {
      follow();
      const future = cell.execute('q');
      readAnew(stream('a'));
      await move();
      future.onIOPub(stream('b').output);
      setLog('q', stream('ab'));
      expect(cell.text).toBe('ab');
    });
  });

  it('leaves other cells alone, and those that are gone', () => {
    jobs.change({
      cells: new Map([
        ['m', { cellId: 'markdown', log: makeLog([stream('a')]) }],
        ['x', { cellId: 'elsewhere', log: makeLog([stream('b')]) }],
        ['q', { cellId: 'c', log: makeLog([stream('c')]) }]
      ])
    });
    follow();
    expect(cell.text).toBe('c');
    cell.isDisposed = true;
    setLog('q', stream('cd'));
    expect(cell.text).toBe('c');
  });
});
