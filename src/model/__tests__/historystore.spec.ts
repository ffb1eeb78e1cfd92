import type { History } from '../history';
import { HistoryStore, MAX_NOTEBOOKS, MAX_TOTAL } from '../historystore';
import { WebStorageDatabase } from '../webstorage';
import {
  FakeDatabase,
  finishedJob,
  historyOf,
  remembered,
  text
} from './historyfixtures';

const NONE: ReadonlySet<string> = new Set();
const keys = (history: History) => [...history.keys()];

describe('HistoryStore', () => {
  let database: FakeDatabase;
  let journal: FakeDatabase;
  let store: HistoryStore;
  let warn: jest.SpyInstance;

  beforeEach(() => {
    database = new FakeDatabase();
    journal = new FakeDatabase();
    store = new HistoryStore({ database, journal });
    warn = jest.spyOn(console, 'warn').mockImplementation();
  });

  afterEach(() => warn.mockRestore());

  it('keeps what two tabs write', async () => {
    const other = new HistoryStore({ database });
    await store.write('a', historyOf(remembered(finishedJob(1))), NONE);
    await other.write('a', historyOf(remembered(finishedJob(2))), NONE);
    expect(keys(await store.read('a'))).toEqual(['r1:1', 'r1:2']);
    expect(keys(await store.read('b'))).toEqual([]);
    await store.write('a', new Map(), new Set(['r1:1']));
    expect(keys(await other.read('a'))).toEqual(['r1:2']);
    await store.write('a', new Map(), new Set(['r1:2']));
    expect(database.entries.size).toBe(0);
  });

  it('does not write what is stored', async () => {
    const history = historyOf(remembered(finishedJob(1), [text('a')]));
    await store.write('a', history, NONE);
    await store.write('a', history, NONE);
    expect(database.saves).toBe(1);
  });

  it('does everything in turn', async () => {
    const writes = [1, 2, 3].map(id =>
      store.write('a', historyOf(remembered(finishedJob(id))), NONE)
    );
    const moved = store.rename('a', 'b');
    expect(keys(await store.read('b'))).toEqual(['r1:1', 'r1:2', 'r1:3']);
    expect(keys(await store.read('a'))).toEqual([]);
    await Promise.all([...writes, moved]);
  });

  it('keeps servers of other directories apart', async () => {
    const other = new HistoryStore({ database, root: '~/b' });
    const same = new HistoryStore({ database, root: '~/' });
    await other.write('n', historyOf(remembered(finishedJob(1))), NONE);
    await store.write('n', historyOf(remembered(finishedJob(2))), NONE);
    expect(keys(await other.read('n'))).toEqual(['r1:1']);
    expect(keys(await store.read('n'))).toEqual(['r1:2']);
    expect(keys(await same.read('b/n'))).toEqual(['r1:1']);
  });

  it('follows directories', async () => {
    const write = (path: string, id: number, isLast: boolean) =>
      store.write(path, historyOf(remembered(finishedJob(id))), NONE, isLast);
    await write('d/a', 1, true);
    await write('d/e/b', 2, false);
    await write('dd/c', 3, false);
    database.entries.delete('jupyterlab-jobs-history:d/a');
    await store.rename('d', 'f/g');
    expect([...database.entries.keys()].sort()).toEqual([
      'jupyterlab-jobs-history:dd/c',
      'jupyterlab-jobs-history:f/g/a',
      'jupyterlab-jobs-history:f/g/e/b'
    ]);
    expect(keys(await store.read('f/g/a'))).toEqual(['r1:1']);
    await write('f/g/a', 1, true);
    await store.remove('f');
    expect([...database.entries.keys()]).toEqual([
      'jupyterlab-jobs-history:dd/c'
    ]);
    expect(journal.entries.size).toBe(0);
    await store.remove('dd/c');
    expect(database.entries.size).toBe(0);
  });

  it('finds the last words before the page went', async () => {
    await store.write('a', historyOf(remembered(finishedJob(1))), NONE, true);
    database.entries.clear();
    expect(keys(await store.read('a'))).toEqual(['r1:1']);
    await store.write('a', new Map(), NONE);
    expect(journal.entries.size).toBe(0);
    expect(keys(await store.read('a'))).toEqual(['r1:1']);
  });

  it('lets go of the notebooks that were not used for the longest time', async () => {
    const now = jest.spyOn(Date, 'now');
    for (let index = 0; index < MAX_NOTEBOOKS + 2; index++) {
      now.mockReturnValue(index);
      const history = historyOf(remembered(finishedJob(1)));
      await store.write(`${index}`, history, NONE);
    }
    now.mockRestore();
    expect(database.entries.size).toBe(MAX_NOTEBOOKS);
    expect(keys(await store.read('1'))).toEqual([]);
    expect(keys(await store.read('2'))).toEqual(['r1:1']);
  });

  it('never holds more than it may', async () => {
    const jobs = Array.from({ length: 20 }, (_, index) =>
      remembered(finishedJob(index + 1), [text('x'.repeat(20_000))])
    );
    for (let index = 0; index < 10; index++) {
      await store.write(`${index}`, historyOf(...jobs), NONE);
    }
    const all = JSON.stringify([...database.entries.values()]).length;
    expect(all).toBeLessThan(MAX_TOTAL + 1_000);
    expect(all).toBeGreaterThan(MAX_TOTAL / 2);
  });

  it('drops what is none, and says so', async () => {
    database.entries.set('jupyterlab-jobs-history:a', { version: 1, jobs: 7 });
    database.entries.set('jupyterlab-jobs-history:b', 'text');
    expect(keys(await store.read('a'))).toEqual([]);
    expect(warn).toHaveBeenCalled();
    await store.write('a', historyOf(remembered(finishedJob(1))), NONE);
    expect(keys(await store.read('a'))).toEqual(['r1:1']);
  });

  it('goes on without a database that works', async () => {
    const save = jest.spyOn(database, 'save');
    save.mockRejectedValueOnce(new Error('full'));
    const history = historyOf(remembered(finishedJob(1)));
    await store.write('a', history, NONE);
    expect(warn).toHaveBeenCalledTimes(1);
    await store.write('a', history, NONE);
    expect(keys(await store.read('a'))).toEqual(['r1:1']);
  });
});

describe('WebStorageDatabase', () => {
  it('lists what it holds for one user', async () => {
    const warn = jest.spyOn(console, 'warn').mockImplementation();
    const mine = new WebStorageDatabase(localStorage, 'mine:');
    const other = new WebStorageDatabase(localStorage, 'other:');
    await mine.save('n:a', { a: 1 });
    await other.save('n:b', 2);
    localStorage.setItem('mine:n:c', '{');
    expect(await mine.list('n')).toEqual({
      ids: ['n:a', 'n:c'],
      values: [{ a: 1 }, undefined]
    });
    expect(await mine.fetch('n:b')).toBeUndefined();
    await mine.remove('n:a');
    expect((await mine.list('n')).ids).toEqual(['n:c']);
    expect(warn).toHaveBeenCalledTimes(2);
    warn.mockRestore();
  });
});
