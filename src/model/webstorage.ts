import type { ReadonlyJSONValue } from '@lumino/coreutils';

import type { IHistoryDatabase } from './historystore';

/**
 * A database in the browser: it has stored at once what it is given.
 */
export class WebStorageDatabase implements IHistoryDatabase {
  /**
   * @param storage - the browser's `localStorage` or `sessionStorage`.
   * @param prefix - what all names in it begin with: one origin may serve several users.
   */
  constructor(storage: Storage, prefix: string) {
    this._storage = storage;
    this._prefix = prefix;
  }

  fetch(id: string): Promise<ReadonlyJSONValue | undefined> {
    return Promise.resolve(this._parse(this._prefix + id));
  }

  list(
    namespace: string
  ): Promise<{ ids: string[]; values: (ReadonlyJSONValue | undefined)[] }> {
    const start = `${this._prefix}${namespace}:`;
    const keys = Array.from({ length: this._storage.length }, (_, index) =>
      this._storage.key(index)
    ).filter(key => key?.startsWith(start)) as string[];
    return Promise.resolve({
      ids: keys.map(key => key.slice(this._prefix.length)),
      values: keys.map(key => this._parse(key))
    });
  }

  save(id: string, value: ReadonlyJSONValue): Promise<void> {
    this._storage.setItem(this._prefix + id, JSON.stringify(value));
    return Promise.resolve();
  }

  remove(id: string): Promise<void> {
    this._storage.removeItem(this._prefix + id);
    return Promise.resolve();
  }

  private _parse(key: string): ReadonlyJSONValue | undefined {
    const text = this._storage.getItem(key);
    if (text === null) {
      return undefined;
    }
    try {
      return JSON.parse(text) as ReadonlyJSONValue;
    } catch (error) {
      console.warn('Failed to read the stored history of jobs.', error);
      return undefined;
    }
  }

  private readonly _prefix: string;
  private readonly _storage: Storage;
}
