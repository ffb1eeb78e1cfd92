import type { JupyterFrontEndPlugin } from '@jupyterlab/application';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';

import * as tokens from '../../tokens';
import { FakeJobs, FakeKernelJobs, makeJob } from '../../view/__tests__/fakes';

const ROOT = path.join(__dirname, '..', '..', '..');
const CODE = /^```ts\n(.*?)^```/ms.exec(
  readFileSync(path.join(ROOT, 'docs', 'extending.md'), 'utf-8')
)![1];

/** The plugin that the page shows, compiled. */
function theExample(): JupyterFrontEndPlugin<() => number> {
  const { outputText } = ts.transpileModule(CODE, {
    compilerOptions: {
      module: ts.ModuleKind.CommonJS,
      target: ts.ScriptTarget.ES2020
    }
  });
  const exported: { default?: JupyterFrontEndPlugin<() => number> } = {};
  const load = (name: string): unknown => {
    expect(name).toBe('jupyterlab-jobs');
    return tokens;
  };
  // eslint-disable-next-line @typescript-eslint/no-implied-eval
  const run = new Function('require', 'exports', outputText) as (
    load: (name: string) => unknown,
    exported: object
  ) => void;
  run(load, exported);
  return exported.default!;
}

describe('docs/extending.md', () => {
  it('has an example whose types are right', () => {
    const file = path.join(ROOT, 'src', 'example.ts');
    const { options } = ts.parseJsonConfigFileContent(
      JSON.parse(readFileSync(path.join(ROOT, 'tsconfig.json'), 'utf-8')),
      ts.sys,
      ROOT
    );
    const host = ts.createCompilerHost(options);
    const { fileExists, readFile } = host;
    host.fileExists = name => name === file || fileExists(name);
    host.readFile = name => (name === file ? CODE : readFile(name));
    const program = ts.createProgram(
      [file],
      {
        ...options,
        noEmit: true,
        baseUrl: ROOT,
        paths: { 'jupyterlab-jobs': ['src/tokens'] }
      },
      host
    );
    expect(
      ts
        .getPreEmitDiagnostics(program)
        .map(one => ts.flattenDiagnosticMessageText(one.messageText, '\n'))
    ).toEqual([]);
  });

  it('has an example that kills what takes too long, once, and counts failures', () => {
    const jobs = new FakeJobs();
    const failures = theExample().activate(null as never, jobs) as () => number;
    const kernel = new FakeKernelJobs([
      makeJob(1),
      makeJob(2, { started: 3000 }),
      makeJob(3, { state: 'failed' })
    ]);
    const kill = jest.spyOn(kernel, 'kill');
    kernel.time = 3700;
    jobs.setKernels([kernel]);
    expect(failures()).toBe(1);
    expect(kill.mock.calls).toEqual([[[1]]]);
    kernel.setJobs([makeJob(1), makeJob(4)]);
    expect(kill.mock.calls).toEqual([[[1]], [[4]]]);
  });
});
