import { PathExt } from '@jupyterlab/coreutils';
import type { ReadonlyJSONValue } from '@lumino/coreutils';

import type { History } from './history';
import { boundHistory, mergeHistories } from './history';
import {
  parseHistory,
  savedAt,
  storedSize,
  writeHistory
} from './historyformat';

/** How many notebooks have a history, and how much all of them take, in characters of JSON. */
export const MAX_NOTEBOOKS = 50;
export const MAX_TOTAL = 1_000_000;

const NAMESPACE = 'jupyterlab-jobs-history';

/**
 * As much of JupyterLab's state database as a history needs.
 */
export interface IHistoryDatabase {
  fetch(id: string): Promise<ReadonlyJSONValue | undefined>;
  list(
    namespace: string
  ): Promise<{ ids: string[]; values: (ReadonlyJSONValue | undefined)[] }>;
  save(id: string, value: ReadonlyJSONValue): Promise<void>;
  remove(id: string): Promise<void>;
}

/**
 * What became of the jobs of each notebook, beyond the life of its kernel and of the page.
 *
 * #### Notes
 * A database may be slow to send what it is given, as JupyterLab's is, and the page may go
 * meanwhile. The last words go to a journal too, which must be quick.
 */
export class HistoryStore {
  constructor(options: HistoryStore.IOptions) {
    this._options = options;
  }

  /**
   * What is stored for a notebook.
   */
  read(path: string): Promise<History> {
    return this._inTurn(() => this._read(path), new Map());
  }

  /**
   * Add to what is stored for a notebook, whoever has stored it.
   *
   * @param forgotten - keys of jobs that are not to be stored any longer.
   * @param isLast - whether the page may be about to go.
   */
  write(
    path: string,
    news: History,
    forgotten: ReadonlySet<string>,
    isLast = false
  ): Promise<void> {
    return this._inTurn(async () => {
      const stored = await this._read(path);
      const merged = mergeHistories(stored, news, forgotten);
      await this._save(path, this._bounded(merged), isLast);
    }, undefined);
  }

  /**
   * A notebook, or a directory, has another path now.
   */
  rename(from: string, to: string): Promise<void> {
    return this._inTurn(async () => {
      for (const below of await this._listBelow(from)) {
        const [before, after] = [from + below, to + below];
        const merged = mergeHistories(
          await this._read(after),
          await this._read(before)
        );
        await this._save(after, this._bounded(merged), false);
        await this._remove(before);
      }
    }, undefined);
  }

  /**
   * A notebook, or a directory, is no more: the next one of this name is another.
   */
  remove(path: string): Promise<void> {
    return this._inTurn(async () => {
      for (const below of await this._listBelow(path)) {
        await this._remove(path + below);
      }
    }, undefined);
  }

  private _bounded(history: History): History {
    return boundHistory(history, storedSize, this._options.count?.());
  }

  /**
   * One after the other, so that none overwrites what another has just stored.
   */
  private _inTurn<T>(task: () => Promise<T>, otherwise: T): Promise<T> {
    const result = this._last.then(task).catch((error: unknown) => {
      console.warn('Failed to access the history of jobs.', error);
      return otherwise;
    });
    this._last = result;
    return result;
  }

  /**
   * What follows a path in those of its histories: nothing for a notebook, and `/` and the
   * rest for each in a directory.
   */
  private async _listBelow(path: string): Promise<string[]> {
    const { database, journal } = this._options;
    const start = this._id(path);
    const lists = [
      await database.list(NAMESPACE),
      await journal?.list(NAMESPACE)
    ];
    const below = lists
      .flatMap(list => list?.ids ?? [])
      .filter(id => id === start || id.startsWith(`${start}/`))
      .map(id => id.slice(start.length));
    return [...new Set(below)];
  }

  private async _read(path: string): Promise<History> {
    const { database, journal } = this._options;
    const id = this._id(path);
    const [stored, last] = [
      await database.fetch(id),
      await journal?.fetch(id)
    ].map(value =>
      parseHistory(value, error => {
        console.warn('Failed to read the stored history of jobs.', error);
      })
    );
    return this._bounded(mergeHistories(stored, last));
  }

  private async _save(
    path: string,
    history: History,
    isLast: boolean
  ): Promise<void> {
    const { database, journal } = this._options;
    const id = this._id(path);
    if (history.size === 0) {
      await this._remove(path);
      return;
    }
    const value = writeHistory(history, Date.now() / 1000);
    if (isLast) {
      await journal?.save(id, value);
    } else {
      await journal?.remove(id);
    }
    if (!isSame(await database.fetch(id), value)) {
      await database.save(id, value);
      await this._bound();
    }
  }

  private async _remove(path: string): Promise<void> {
    const { database, journal } = this._options;
    const id = this._id(path);
    await journal?.remove(id);
    if ((await database.fetch(id)) !== undefined) {
      await database.remove(id);
    }
  }

  /**
   * Remove the histories that were not touched for the longest time, if all are too much.
   */
  private async _bound(): Promise<void> {
    const { database } = this._options;
    const { ids, values } = await database.list(NAMESPACE);
    const newest = ids
      .map((id, index) => ({ id, value: values[index] }))
      .sort((a, b) => savedAt(b.value) - savedAt(a.value));
    let left = MAX_TOTAL;
    for (const [index, { id, value }] of newest.entries()) {
      left -= (JSON.stringify(value) ?? '').length;
      if (index >= MAX_NOTEBOOKS || left < 0) {
        await database.remove(id);
      }
    }
  }

  private _id(path: string): string {
    return `${NAMESPACE}:${PathExt.join(this._options.root ?? '', path)}`;
  }

  private _last: Promise<unknown> = Promise.resolve();
  private readonly _options: HistoryStore.IOptions;
}

/**
 * A namespace for `HistoryStore` statics.
 */
export namespace HistoryStore {
  /**
   * The options of a store.
   */
  export interface IOptions {
    readonly database: IHistoryDatabase;
    readonly journal?: IHistoryDatabase;
    /** The server's directory, which paths are relative to: others may store in the same place. */
    readonly root?: string;
    /** How many jobs of a notebook are kept; the most that there can be if not given. */
    readonly count?: () => number;
  }
}

/** Whether two stored histories tell the same, whenever they were saved. */
function isSame(before: unknown, after: object): boolean {
  return (
    typeof before === 'object' &&
    before !== null &&
    JSON.stringify({ ...before, saved: 0 }) ===
      JSON.stringify({ ...after, saved: 0 })
  );
}
