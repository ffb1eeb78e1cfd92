import { pythonString } from './pythonliteral';

/**
 * The source of the Python runtime, as scripts/carry-runtime.mjs writes it.
 */
export interface IRuntimeSource {
  readonly version: string;
  /** The file that brings the others into a kernel. */
  readonly bootstrap: string;
}

/** Source by path. */
export type SourceFiles = Readonly<Record<string, string>>;

/**
 * The runtime that the page carries for kernels that do not have it installed.
 *
 * #### Notes
 * Most kernels do, so all but the small file that finds out is loaded when a kernel
 * first turns out to need it.
 */
export class CarriedRuntime {
  constructor(options: CarriedRuntime.IOptions) {
    this._source = options.source;
    this._loadFiles = options.loadFiles;
  }

  /**
   * The Python expression that starts the runtime of a kernel that has its own copy.
   * Its value's `application/json` says how that went.
   */
  get startExpression(): string {
    return expression(this._source, null);
  }

  /**
   * The Python expression that starts the runtime of any kernel, or null before
   * `load()` has resolved.
   */
  get installExpression(): string | null {
    return this._installExpression;
  }

  /**
   * Load what a kernel without a copy of its own needs. Never rejects: the kernel is
   * then left without.
   */
  async load(): Promise<void> {
    this._loading ??= this._loadFiles().then(
      files => {
        this._installExpression = expression(this._source, files);
      },
      error => {
        console.warn('Failed to load the job runtime.', error);
        // The server may be away: the next one who needs it tries again.
        this._loading = undefined;
      }
    );
    await this._loading;
  }

  private _installExpression: string | null = null;
  private readonly _loadFiles: () => Promise<SourceFiles>;
  private _loading: Promise<void> | undefined;
  private readonly _source: IRuntimeSource;
}

/**
 * A namespace for `CarriedRuntime` statics.
 */
export namespace CarriedRuntime {
  /**
   * The options of a carried runtime.
   */
  export interface IOptions {
    readonly source: IRuntimeSource;
    /** Loads the files of the whole package. */
    readonly loadFiles: () => Promise<SourceFiles>;
  }
}

/**
 * #### Notes
 * The expression is evaluated among the user's variables, of which it makes no new
 * one; and since theirs may hide `exec` or `compile`, it asks for Python's own.
 */
function expression(
  { bootstrap, version }: IRuntimeSource,
  files: SourceFiles | null
): string {
  const json = files ? pythonString(JSON.stringify(files)) : 'None';
  return (
    '(lambda python, scope: (' +
    `python.exec(python.compile(${pythonString(bootstrap)}, "<jupyterlab_jobs bootstrap>", "exec"), scope), ` +
    `scope["install"](${json}, ${pythonString(version)}))[1])` +
    '(__import__("builtins"), {})'
  );
}
