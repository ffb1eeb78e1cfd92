/// <reference types="node" />
import { pythonString } from '../pythonliteral';
import { python } from './python';

describe('pythonString', () => {
  const texts = [
    '',
    'plain',
    `"double", 'single', """triple""" and '''triple'''`,
    'a \\ backslash, \\n not a newline, \\u0041 not an A, {braces} %s',
    'line\nreturn\rboth\r\ntab\tform\f back\b bell\u0007 escape\u001b',
    'nul \u0000 unit \u001f delete \u007f nel \u0085',
    'umlaut ü, snowman ☃, U+2028 \u2028, U+2029 \u2029, BOM \ufeff',
    'emoji 😀, family 👨‍👩‍👧, beyond \u{10ffff}',
    'lone \ud83d halves \ude00'
  ];

  it('is understood by Python', () => {
    const literals = texts.map(pythonString).join(', ');
    expect(python(`import json; print(json.dumps([${literals}]))`)).toEqual(
      texts
    );
  });

  it('is one line of ASCII', () => {
    for (const text of texts) {
      expect(pythonString(text)).toMatch(/^[ -~]*$/);
    }
  });
});
