/**
 * Write a text as a Python string literal, in ASCII only.
 */
export function pythonString(text: string): string {
  // Everything that JSON escapes, Python reads alike, lone surrogates included. A
  // character outside of the basic plane has to be one escape: two of its halves
  // would be two characters in Python.
  return JSON.stringify(text).replace(/[^ -~]/gu, character => {
    // The match is one whole character, so it has a code point.
    const code = character.codePointAt(0)!;
    const hex = code.toString(16);
    return code > 0xffff
      ? '\\U' + hex.padStart(8, '0')
      : '\\u' + hex.padStart(4, '0');
  });
}
