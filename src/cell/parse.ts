/**
 * What the text of a cell asks for:
 *
 * - `jobs`: nothing but jobs; it can be started while the kernel is busy,
 * - `mixed`: jobs among other code; they start when the code before them has run,
 * - `none`: no job.
 */
export type CellKind = 'none' | 'jobs' | 'mixed';

/**
 * Tell what the text of a cell asks for.
 *
 * #### Notes
 * The kernel has the last word on what a cell means. The page needs to know only
 * whether the express lane is worthwhile, so a job line inside of a string
 * may be taken for one.
 */
export function classifyCell(source: string): CellKind {
  const lines = logicalLines(source);
  const first = lines.find(line => line.trim() !== '');
  if (first !== undefined && CELL_MAGIC.test(first)) {
    return 'jobs';
  }
  const code = lines.filter(line => !isBlankOrComment(line));
  if (code.length > 1 && isHeading(code[0])) {
    return 'jobs';
  }
  const jobs = code.filter(line => JOB_LINE.test(line.trimStart())).length;
  if (jobs === 0) {
    return 'none';
  }
  return jobs === code.length ? 'jobs' : 'mixed';
}

/** `%%job`, which IPython accepts at the start of a line only. */
const CELL_MAGIC = /^%%job(?=\s|$)/;

/** `%job …` or `name = %job …`, without its indentation: two ways to match that take forever. */
const JOB_LINE = /^(?:(?:[^#'"%=]|"[^"]*"|'[^']*')+=\s*)?%job(?=\s|$)/;

/** The start of a line that may stand above the body of a job. */
const HEADING = /^%job(?=\s|$)/;

/** The options that are followed by a value. */
export const OPTIONS_WITH_VALUE: ReadonlySet<string> = new Set([
  '--name',
  '--timeout',
  '--on',
  '--after'
]);

/** The options that are not. */
export const FLAGS: ReadonlySet<string> = new Set([
  '-p',
  '--now',
  '--shared',
  '--quiet',
  '--notify'
]);

/** A word, with its quoted parts. */
const WORD = /^(?:"(?:\\.|[^"\\])*"|'[^']*'|\\.|[^\s"'\\])+/;

/**
 * The lines of a cell, a line that ends in a backslash together with the next.
 */
function logicalLines(source: string): string[] {
  const lines: string[] = [];
  let open = '';
  for (const line of source.split(/\r\n|\r|\n/)) {
    if (line.endsWith('\\') && !line.trimStart().startsWith('#')) {
      open += line.slice(0, -1) + ' ';
    } else {
      lines.push(open + line);
      open = '';
    }
  }
  return open ? [...lines, open] : lines;
}

function isBlankOrComment(line: string): boolean {
  return /^\s*(?:#|$)/.test(line);
}

/**
 * Whether a line is `%job` and options, without code: all that follows is its body.
 */
function isHeading(line: string): boolean {
  if (!HEADING.test(line)) {
    return false;
  }
  let rest = line.slice('%job'.length);
  while (!isBlankOrComment(rest)) {
    const option = takeWord(rest);
    if (option === null) {
      return false;
    }
    rest = option.rest;
    if (option.word === '--') {
      return isBlankOrComment(rest);
    }
    if (OPTIONS_WITH_VALUE.has(option.word)) {
      const value = takeWord(rest);
      if (value === null) {
        // The kernel names what is missing; there is nothing to start.
        return false;
      }
      rest = value.rest;
    } else if (
      !FLAGS.has(option.word) &&
      !OPTIONS_WITH_VALUE.has(option.word.replace(/=.*$/, ''))
    ) {
      return false;
    }
  }
  return true;
}

/**
 * The first word of a text, with its quoted parts, and what follows; null if there is none.
 */
export function takeWord(text: string): { word: string; rest: string } | null {
  const start = text.trimStart();
  const word = WORD.exec(start)?.[0];
  return word === undefined ? null : { word, rest: start.slice(word.length) };
}
