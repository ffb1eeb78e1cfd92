/// <reference types="node" />
import { execFileSync } from 'child_process';

import { installExpression } from '../carried';
import { pythonString } from '../pythonliteral';

/** What Python's standard output is, as JSON, after `program`. */
function python(program: string): unknown {
  const output = execFileSync('python3', ['-'], {
    input: program,
    encoding: 'utf-8'
  });
  return JSON.parse(output);
}

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

describe('installExpression', () => {
  const files = {
    'jupyterlab_jobs/kernel/bootstrap.py': [
      '"""Says "hello" with a \\\\ and 😀."""',
      'import json',
      'def install(files, version):',
      '    return [sorted(json.loads(files)), version, __doc__]'
    ].join('\n'),
    'jupyterlab_jobs/kernel/other.py': 'x = "\u2028"'
  };
  const expression = installExpression({ version: '1.2.3', files });

  it('runs the bootstrap', () => {
    expect(python(`import json; print(json.dumps(${expression}))`)).toEqual([
      Object.keys(files),
      '1.2.3',
      'Says "hello" with a \\ and 😀.'
    ]);
  });

  it("does not mind the user's names, and leaves none behind", () => {
    const names = python(
      [
        'import builtins, json',
        'exec = compile = None',
        'before = set(dir())',
        'before.add("before")',
        `result = ${expression}`,
        'print(json.dumps(sorted(set(dir()) - before)))'
      ].join('\n')
    );
    expect(names).toEqual(['result']);
  });
});
