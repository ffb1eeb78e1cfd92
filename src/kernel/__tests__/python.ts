/// <reference types="node" />
import { execFileSync } from 'child_process';

/** What Python's standard output is, as JSON, after `program`. */
export function python(program: string): unknown {
  const output = execFileSync('python3', ['-'], {
    input: program,
    encoding: 'utf-8'
  });
  return JSON.parse(output);
}
