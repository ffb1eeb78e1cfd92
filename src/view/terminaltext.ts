/* eslint-disable no-control-regex -- control characters are what this file is about */

const ESCAPE_SEQUENCE =
  /\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[ -/]*[0-~])/g;
const ERASE_LINE = /\x1b\[[0-2]?K/g;
const CONTROL = /[\x00-\x08\x0b-\x1f\x7f]/g;

/** Stands for "erase the line"; it cannot be in a text without controls. */
const ERASED = '\x00';

/**
 * A text without colours and other terminal commands.
 */
export function stripAnsi(text: string): string {
  return text.replace(ESCAPE_SEQUENCE, '');
}

/**
 * What a terminal would show of one line: carriage returns and backspaces move
 * back and overwrite, as progress bars do; colours are left out.
 */
export function settleLine(line: string): string {
  const text = stripAnsi(line.replace(/\x00/g, '').replace(ERASE_LINE, ERASED));
  const shown: string[] = [];
  let column = 0;
  for (const character of text) {
    if (character === '\r') {
      column = 0;
    } else if (character === '\b') {
      column = Math.max(0, column - 1);
    } else if (character === ERASED) {
      shown.length = 0;
      shown.push(...' '.repeat(column));
    } else {
      shown[column] = character;
      column += 1;
    }
  }
  return shown.join('').replace(CONTROL, '').trimEnd();
}
