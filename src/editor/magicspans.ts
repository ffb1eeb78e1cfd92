import { FLAGS, OPTIONS_WITH_VALUE, takeWord } from '../cell/parse';

/**
 * A part of a line that is no Python.
 */
export interface IMagicSpan {
  readonly kind: 'magic' | 'option' | 'value';
  /** Where in the line it begins and ends. */
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

/** The magic, perhaps assigned to a name, without its indentation. */
const MAGIC = /^((?:[\w\s.,[\]]+=\s*)?)(%job|%jobs|%%job)(?=\s|$)/;

/**
 * The magic and the options with which a line begins; none where it is Python.
 *
 * @param isFirst - whether it is the first line of its cell, where alone `%%job` may stand.
 */
export function magicSpans(line: string, isFirst: boolean): IMagicSpan[] {
  const unindented = line.trimStart();
  const match = MAGIC.exec(unindented);
  if (!match) {
    return [];
  }
  const [, before, magic] = match;
  const start = line.length - unindented.length + before.length;
  if (magic === '%%job' && (!isFirst || start > 0)) {
    return [];
  }
  const spans: IMagicSpan[] = [
    { kind: 'magic', from: start, to: start + magic.length, text: magic }
  ];
  if (magic === '%jobs') {
    return spans;
  }
  let at = start + magic.length;
  const take = (): { from: number; to: number; text: string } | null => {
    const found = takeWord(line.slice(at));
    if (!found) {
      return null;
    }
    const to = line.length - found.rest.length;
    return { text: found.word, from: to - found.word.length, to };
  };
  for (;;) {
    const word = take();
    const name = word?.text.replace(/=.*$/, '') ?? '';
    const hasValue = OPTIONS_WITH_VALUE.has(name);
    if (!word || !(hasValue || FLAGS.has(word.text))) {
      return spans;
    }
    at = word.to;
    const end = word.from + name.length;
    spans.push({ kind: 'option', from: word.from, to: end, text: name });
    const value = word.text.includes('=')
      ? { text: word.text.slice(name.length + 1), from: end + 1, to: word.to }
      : hasValue
        ? take()
        : null;
    if (value) {
      spans.push({ kind: 'value', ...value });
      at = value.to;
    }
  }
}
