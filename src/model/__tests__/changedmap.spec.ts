import { ChangedMap } from '../changedmap';

describe('ChangedMap', () => {
  const original: ReadonlyMap<string, number> = new Map([
    ['a', 1],
    ['b', 2]
  ]);

  it('is the original as long as nothing has changed', () => {
    const map = new ChangedMap(original);
    map.delete('c');
    expect(map.get('a')).toBe(1);
    expect([...map.keys()]).toEqual(['a', 'b']);
    expect(map.result).toBe(original);
  });

  it('changes a copy', () => {
    const map = new ChangedMap(original);
    map.set('c', 3);
    const { result } = map;
    map.delete('a');
    expect(map.result).toBe(result);
    expect([...map.result]).toEqual([
      ['b', 2],
      ['c', 3]
    ]);
    expect(map.get('a')).toBeUndefined();
    expect([...original]).toEqual([
      ['a', 1],
      ['b', 2]
    ]);
  });
});
