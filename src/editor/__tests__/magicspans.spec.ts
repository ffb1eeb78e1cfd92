import { nullTranslator } from '@jupyterlab/translation';

import { FLAGS, OPTIONS_WITH_VALUE } from '../../cell/parse';
import { magicHelp } from '../help';
import { magicSpans } from '../magicspans';

const parts = (line: string, isFirst = true) =>
  magicSpans(line, isFirst).map(({ kind, from, to, text }) => {
    expect(line.slice(from, to)).toBe(text);
    return `${kind} ${text}`;
  });

describe('magicSpans', () => {
  it.each([
    ['%job f()', ['magic %job']],
    ['%%job', ['magic %%job']],
    ['%jobs kill 3', ['magic %jobs']],
    ['    %job f()', ['magic %job']],
    ['j = %job f()', ['magic %job']],
    [
      '%job --name "a b" -p g(--x)',
      ['magic %job', 'option --name', 'value "a b"', 'option -p']
    ],
    [
      '%%job --timeout=5m --quiet',
      ['magic %%job', 'option --timeout', 'value 5m', 'option --quiet']
    ],
    ['%job --name', ['magic %job', 'option --name']],
    // Not an option of ours: the rest is code.
    ['%job --other --name x', ['magic %job']],
    ['%jobless', []],
    ['x %job', []],
    ['print("%job")', []],
    ['# %job f()', []],
    [' %%job', []]
  ])('%s', (line, expected) => {
    expect(parts(line)).toEqual(expected);
  });

  it('takes %%job for a magic on the first line only', () => {
    expect(parts('%%job', false)).toEqual([]);
  });
});

describe('magicHelp', () => {
  const trans = nullTranslator.load('test');

  it('knows every magic and option', () => {
    const all = ['%job', '%%job', '%jobs', ...OPTIONS_WITH_VALUE, ...FLAGS];
    expect(all.filter(text => magicHelp(text, trans) === null)).toEqual([]);
  });

  it('knows nothing else', () => {
    expect(magicHelp('--other', trans)).toBeNull();
  });
});
