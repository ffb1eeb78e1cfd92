/**
 * A map that is changed without touching the one that it comes from. The copy is made with
 * the first change: of thousands of entries, that takes longer than the change.
 */
export class ChangedMap<K, V> {
  constructor(original: ReadonlyMap<K, V>) {
    this._original = original;
  }

  /**
   * The map as it is now; the original as long as nothing was changed.
   */
  get result(): ReadonlyMap<K, V> {
    return this._copy ?? this._original;
  }

  get(key: K): V | undefined {
    return this.result.get(key);
  }

  keys(): IterableIterator<K> {
    return this.result.keys();
  }

  set(key: K, value: V): void {
    this._changed().set(key, value);
  }

  delete(key: K): void {
    if (this.result.has(key)) {
      this._changed().delete(key);
    }
  }

  private _changed(): Map<K, V> {
    return (this._copy ??= new Map(this._original));
  }

  private _copy: Map<K, V> | null = null;
  private readonly _original: ReadonlyMap<K, V>;
}
