import type { OutputChange } from '../../kernel/protocol';
import {
  applyOutput,
  EMPTY_LOG,
  isEmptyLog,
  MAX_LOG_CHARACTERS,
  MAX_LOG_ITEMS,
  OF_CELL,
  sizeOf
} from '../outputlog';

function stream(text: string, name = 'stdout'): OutputChange {
  const output = { output_type: 'stream', name, text };
  return { type: 'append', item: { output, displayId: null } };
}

function display(text: string, displayId: string | null = null): OutputChange {
  const data = { 'text/plain': text };
  const output = { output_type: 'display_data', data, metadata: {} };
  return { type: 'append', item: { output, displayId } };
}

function update(text: string, displayId: string): OutputChange {
  const data = { 'text/plain': text };
  return { type: 'update', displayId, data, metadata: { updated: true } };
}

const clear: OutputChange = { type: 'clear', wait: false };
const clearLater: OutputChange = { type: 'clear', wait: true };

function log(...changes: OutputChange[]) {
  return changes.reduce((log, change) => applyOutput(log, change), EMPTY_LOG);
}

/** What a log shows, in brief. */
function shown(...changes: OutputChange[]): unknown[] {
  return log(...changes).items.map(({ output }) =>
    output.output_type === 'stream'
      ? `${output.name as string}: ${output.text as string}`
      : output.data
  );
}

const plain = (text: string) => ({ 'text/plain': text });

describe('applyOutput', () => {
  it.each([
    ['joins neighbours', [stream('a'), stream('b')], ['stdout: ab']],
    [
      'keeps the streams apart',
      [stream('a'), stream('b', 'stderr'), stream('c')],
      ['stdout: a', 'stderr: b', 'stdout: c']
    ],
    [
      'begins anew after another output',
      [stream('a'), display('x'), stream('b')],
      ['stdout: a', plain('x'), 'stdout: b']
    ],
    [
      'leaves carriage returns alone',
      [stream('1%'), stream('\r2%')],
      ['stdout: 1%\r2%']
    ],
    [
      'updates every display of a name',
      [
        display('a', 'd'),
        display('b', 'd'),
        display('c', 'e'),
        update('n', 'd')
      ],
      [plain('n'), plain('n'), plain('c')]
    ],
    [
      'ignores an update of nothing',
      [display('a'), update('n', 'd')],
      [plain('a')]
    ],
    ['clears', [stream('a'), display('x'), clear], []],
    ['clears later', [stream('a'), clearLater], ['stdout: a']],
    [
      'clears with the next output',
      [stream('a'), clearLater, stream('b')],
      ['stdout: b']
    ],
    [
      'clears once',
      [stream('a'), clearLater, stream('b'), stream('c')],
      ['stdout: bc']
    ],
    [
      'forgets to clear later when cleared now',
      [clearLater, clear, stream('a')],
      ['stdout: a']
    ]
  ])('%s', (_, changes, expected) => {
    expect(shown(...changes)).toEqual(expected);
  });

  it('does not change a log in place', () => {
    const before = log(stream('a'), display('x', 'd'));
    const copy = JSON.stringify(before);
    [stream('b'), update('n', 'd'), clear, clearLater].forEach(change =>
      applyOutput(before, change)
    );
    expect(JSON.stringify(before)).toBe(copy);
  });

  it('knows an empty log', () => {
    expect(isEmptyLog(EMPTY_LOG)).toBe(true);
    expect(isEmptyLog(log(stream('a'), clear))).toBe(true);
    expect(isEmptyLog(log(stream('a')))).toBe(false);
    expect(isEmptyLog(log(clearLater))).toBe(false);
    expect(isEmptyLog({ ...EMPTY_LOG, dropped: 1 })).toBe(false);
  });

  it('stays the same log if there is nothing to update', () => {
    const before = log(display('a', 'd'), display('b'));
    expect(applyOutput(before, update('n', 'e'))).toBe(before);
  });

  it('keeps as much as there is room for, to the last character', () => {
    const half = 'a'.repeat(MAX_LOG_CHARACTERS / 2);
    const full = log(stream(half), stream(half, 'stderr'));
    expect(full).toMatchObject({ dropped: 0, items: [{}, {}] });
    expect(applyOutput(full, stream('b', 'stderr')).dropped).toBe(half.length);
  });

  it.each([
    [
      'an error by its traceback',
      { output_type: 'error', traceback: ['ab', 'c'] },
      3
    ],
    [
      'a text by its length',
      { output_type: 'display_data', data: { a: 'abcd' } },
      4
    ],
    [
      'other data by the same',
      { output_type: 'display_data', data: { a: { b: 1 } } },
      100
    ]
  ])('measures %s', (_, output, size) => {
    expect(sizeOf(output)).toBe(size);
  });

  it('drops the beginning of a long text', () => {
    const { items, dropped } = log(
      stream('a'.repeat(MAX_LOG_CHARACTERS)),
      stream('bcd')
    );
    expect(dropped).toBe(3);
    expect(items).toHaveLength(1);
    expect(items[0].output.text).toHaveLength(MAX_LOG_CHARACTERS);
    expect(items[0].output.text).toMatch(/^a.*abcd$/);
  });

  it('drops whole outputs at the front', () => {
    const { items, dropped } = log(
      stream('ab'),
      display('cde'),
      stream('f'.repeat(MAX_LOG_CHARACTERS - 1))
    );
    expect(dropped).toBe(5);
    expect(items).toHaveLength(1);
  });

  it('keeps the newest output, however large', () => {
    const image = 'x'.repeat(MAX_LOG_CHARACTERS + 1);
    expect(log(stream('a'), display(image))).toMatchObject({
      items: [{ output: { data: plain(image) } }],
      dropped: 1
    });
  });

  it('keeps more of a cell', () => {
    const long = stream('a'.repeat(OF_CELL.characters));
    const full = applyOutput(EMPTY_LOG, long, OF_CELL);
    expect(OF_CELL.characters).toBeGreaterThan(MAX_LOG_CHARACTERS);
    expect(OF_CELL.items).toBeGreaterThan(MAX_LOG_ITEMS);
    expect(full.dropped).toBe(0);
    expect(applyOutput(full, stream('bc'), OF_CELL).dropped).toBe(2);
  });

  it('keeps so many outputs', () => {
    const changes = Array.from({ length: MAX_LOG_ITEMS + 2 }, (_, i) =>
      display(String(i % 10))
    );
    const { items, dropped } = log(...changes);
    expect(items).toHaveLength(MAX_LOG_ITEMS);
    expect(items[0].output.data).toEqual(plain('2'));
    expect(dropped).toBe(2);
  });
});
