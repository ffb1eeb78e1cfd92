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

/** Files whose docstrings users read: `jobs.submit?`, `jobs[1].result?`. */
const documented = new Set([
  'jupyterlab_jobs/kernel/api.py',
  'jupyterlab_jobs/kernel/job.py'
]);

/**
 * The source without what only its developers read, which is a third of it. Line
 * numbers stay, for tracebacks. tests/test_carried.py makes sure that the code does.
 */
function withoutProse(name, source) {
  let inDocstring = false;
  const lines = source.split('\n').map(line => {
    const text = line.trim();
    if (inDocstring) {
      inDocstring = !text.endsWith('"""');
      return '';
    }
    if (text.startsWith('#')) {
      return '';
    }
    if (text.startsWith('"""') && !documented.has(name)) {
      inDocstring = text.length < 6 || !text.endsWith('"""');
      // A body may consist of nothing else.
      return line.slice(0, line.indexOf('"')) + '""';
    }
    return line;
  });
  return lines.join('\n');
}

const read = name => fs.readFileSync(path.join(root, name), 'utf8');

const files = {};
for (const name of [...pythonFiles('jupyterlab_jobs')].sort()) {
  files[name] = withoutProse(name, read(name).replaceAll('\r\n', '\n'));
}
const { version } = JSON.parse(read('package.json'));
const carried = JSON.stringify({ version, files }, null, 2) + '\n';

if (!fs.existsSync(target) || fs.readFileSync(target, 'utf8') !== carried) {
  fs.mkdirSync(path.dirname(target), { recursive: true });
  fs.writeFileSync(target, carried);
}
