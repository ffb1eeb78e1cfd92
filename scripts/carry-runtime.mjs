/**
 * Writes the source of the Python runtime to a JSON module, which the frontend
 * carries into kernels that do not have the package installed.
 *
 * `jupyterlab_jobs/` is the one source of truth. The output is deterministic, and
 * left alone when it is up to date, so that watchers do not start for nothing.
 */
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const target = path.join(root, 'src', 'kernel', 'carried-runtime.json');

/** What `jupyterlab_jobs/` holds beside the runtime: built, generated or cached. */
const excluded = new Set(['__pycache__', '_version.py', 'labextension']);

/** The paths of the Python files below a directory, relative to the root, with `/`. */
function* pythonFiles(directory) {
  const entries = fs.readdirSync(path.join(root, directory), {
    withFileTypes: true
  });
  for (const entry of entries) {
    const name = `${directory}/${entry.name}`;
    if (excluded.has(entry.name)) {
      continue;
    }
    if (entry.isDirectory()) {
      yield* pythonFiles(name);
    } else if (entry.name.endsWith('.py')) {
      yield name;
    }
  }
}

const read = name => fs.readFileSync(path.join(root, name), 'utf8');

const files = {};
for (const name of [...pythonFiles('jupyterlab_jobs')].sort()) {
  files[name] = read(name).replaceAll('\r\n', '\n');
}
const { version } = JSON.parse(read('package.json'));
const carried = JSON.stringify({ version, files }, null, 2) + '\n';

if (!fs.existsSync(target) || fs.readFileSync(target, 'utf8') !== carried) {
  fs.mkdirSync(path.dirname(target), { recursive: true });
  fs.writeFileSync(target, carried);
}
