import * as fc from 'fast-check';

import { magicSpans } from '../../editor/magicspans';
import { classifyCell } from '../parse';

/** Text as cells have it: pieces of magics and code, and anything. */
const source = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        ...[
          '%job',
          '%%job',
          '%jobs',
          ' ',
          '\n',
          '\t',
          '\\',
          '"',
          "'",
          '#',
          '='
        ],
        ...['--', '--name', '-p', '--timeout=3', 'x', 'print(1)', ':', '  ']
      ),
      fc.fullUnicodeString({ maxLength: 3 })
    ),
    { maxLength: 20 }
  )
  .map(pieces => pieces.join(''));

const line = source.map(text => text.replace(/[\r\n]/g, ' '));

const check = <T>(arbitrary: fc.Arbitrary<T>, property: (value: T) => void) =>
  fc.assert(fc.property(arbitrary, property), { numRuns: 2_000 });

it('says of any text what it asks for, whatever ends its lines', () => {
  check(source, text => {
    const unix = text.replace(/\r/g, '');
    const kind = classifyCell(unix);
    expect(['none', 'jobs', 'mixed']).toContain(kind);
    expect(classifyCell(unix.replace(/\n/g, '\r\n'))).toBe(kind);
  });
});

it('takes all of a cell under %%job', () => {
  check(source, text => {
    expect(classifyCell(`%%job\n${text}`)).toBe('jobs');
  });
});

it('takes a line for a job, and finds it beside others', () => {
  check(line, text => {
    const code = text.replace(/\\$/, '');
    expect(classifyCell(`%job ${code}`)).toBe('jobs');
    expect(classifyCell(`x = 1\n%job ${code}`)).toBe('mixed');
  });
});

it('finds no job where %job is not written', () => {
  check(source, text => {
    expect(classifyCell(text.replace(/job/g, 'task'))).toBe('none');
  });
});

it('marks parts of any line, from left to right', () => {
  check(line, text => {
    let end = 0;
    for (const { from, to, text: part } of magicSpans(text, true)) {
      expect(from).toBeGreaterThanOrEqual(end);
      expect(to).toBeGreaterThan(from);
      expect(text.slice(from, to)).toBe(part);
      end = to;
    }
  });
});

it.each([
  ' ',
  "'",
  '"',
  'x',
  '=',
  'x=',
  '\\',
  '%job ',
  '-p ',
  '%',
  '"\'',
  '#',
  "''"
])('takes no longer for a line that is long: %p', piece => {
  // Where a pattern tries all ways to split it, this takes minutes.
  const text = piece.repeat(200_000);
  classifyCell(`${text}y`);
  classifyCell(`%job --name ${text}`);
  magicSpans(`${text}y`, true);
  magicSpans(`%job --name ${text}`, true);
  magicSpans(`%job ${text}`, true);
});
