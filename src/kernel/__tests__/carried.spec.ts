import { CarriedRuntime } from '../carried';
import { python } from './python';

describe('CarriedRuntime', () => {
  const bootstrap = [
    '"""Says "hello" with a \\\\ and 😀."""',
    'import json',
    'def install(files, version):',
    '    return [files and sorted(json.loads(files)), version, __doc__]'
  ].join('\n');
  const files = { 'a.py': '', 'b.py': 'x = "\u2028"' };
  const source = { version: '1.2.3', bootstrap };
  let expression: string;

  beforeAll(async () => {
    const runtime = new CarriedRuntime({
      source,
      loadFiles: () => Promise.resolve(files)
    });
    expect(runtime.installExpression).toBeNull();
    await runtime.load();
    expression = runtime.installExpression!;
  });

  it('starts what the kernel has without loading anything', () => {
    const { startExpression } = new CarriedRuntime({
      source,
      loadFiles: () => Promise.reject(new Error('not needed'))
    });
    expect(
      python(`import json; print(json.dumps(${startExpression}))`)
    ).toEqual([null, '1.2.3', 'Says "hello" with a \\ and 😀.']);
  });

  it('loads once, and again only if that has failed', async () => {
    const warn = jest.spyOn(console, 'warn').mockImplementation();
    const loadFiles = jest
      .fn<Promise<typeof files>, []>()
      .mockRejectedValueOnce(new Error('the server is away'))
      .mockResolvedValue(files);
    const runtime = new CarriedRuntime({ source, loadFiles });
    await Promise.all([runtime.load(), runtime.load()]);
    expect(runtime.installExpression).toBeNull();
    expect(warn).toHaveBeenCalledTimes(1);
    await Promise.all([runtime.load(), runtime.load()]);
    await runtime.load();
    expect(runtime.installExpression).toBe(expression);
    expect(loadFiles).toHaveBeenCalledTimes(2);
    warn.mockRestore();
  });

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
