/**
 * Writes the source of the Python runtime to JSON modules, which the frontend
 * carries into kernels that do not have the package installed.
 *
 * `jupyterlab_jobs/` is the one source of truth. The output is deterministic, and
 * left alone when it is up to date, so that watchers do not start for nothing.
 */
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

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
 * The source without what only its developers read, which is a third of it, and
 * indented by less. Line numbers stay, for tracebacks. tests/test_carried.py makes
 * sure that the code does.
 */
function withoutProse(name, source) {
  let inDocstring = false;
  let inText = false;
  const lines = source.split('\n').map(line => {
    const text = line.trim();
    if (inDocstring) {
      inDocstring = !text.endsWith('"""');
      return '';
    }
    if (inText) {
      inText = line.split('"""').length % 2 === 1;
      return line;
    }
    if (text.startsWith('#')) {
      return '';
    }
    if (text.startsWith('"""') && !documented.has(name)) {
      inDocstring = text.length < 6 || !text.endsWith('"""');
      // A body may consist of nothing else.
      return indentation(line) + '""';
    }
    inText = line.split('"""').length % 2 === 0;
    // What may be part of a string stays: a quote behind it tells.
    return indentation(line) + text.replace(/ {2}# [^"'\\]*$/, '');
  });
  return lines.join('\n');
}

/** One space instead of four; what is left is that of a line that goes on. */
function indentation(line) {
  const width = line.length - line.trimStart().length;
  return ' '.repeat(Math.ceil(width / 4));
}

const read = name => fs.readFileSync(path.join(root, name), 'utf8');

const BOOTSTRAP = 'jupyterlab_jobs/kernel/bootstrap.py';

const files = {};
for (const name of [...pythonFiles('jupyterlab_jobs')].sort()) {
  files[name] = withoutProse(name, read(name).replaceAll('\r\n', '\n'));
}
const { version } = JSON.parse(read('package.json'));
// Two modules: every page loads the first, the other one only where it is needed.
write('carried-bootstrap.json', { version, bootstrap: files[BOOTSTRAP] });
write('carried-files.json', files);

function write(name, content) {
  const target = path.join(root, 'src', 'kernel', name);
  const text = JSON.stringify(content, null, 2) + '\n';
  if (!fs.existsSync(target) || fs.readFileSync(target, 'utf8') !== text) {
    fs.mkdirSync(path.dirname(target), { recursive: true });
    fs.writeFileSync(target, text);
  }
}
