import { pythonString } from './pythonliteral';

/**
 * The source of the Python runtime, as scripts/carry-runtime.mjs writes it.
 */
export interface ICarriedRuntime {
  readonly version: string;
  /** Source by path. */
  readonly files: Readonly<Record<string, string>>;
}

/** The file that brings the others into a kernel. */
const BOOTSTRAP = 'jupyterlab_jobs/kernel/bootstrap.py';

/**
 * The Python expression that brings the runtime into a kernel. Its value's
 * `application/json` says how that went.
 *
 * #### Notes
 * The expression is evaluated among the user's variables, of which it makes no new
 * one; and since theirs may hide `exec` or `compile`, it asks for Python's own.
 */
export function installExpression(carried: ICarriedRuntime): string {
  const source = pythonString(carried.files[BOOTSTRAP]);
  const files = pythonString(JSON.stringify(carried.files));
  const version = pythonString(carried.version);
  return (
    '(lambda python, scope: (' +
    `python.exec(python.compile(${source}, "<jupyterlab_jobs bootstrap>", "exec"), scope), ` +
    `scope["install"](${files}, ${version}))[1])` +
    '(__import__("builtins"), {})'
  );
}
