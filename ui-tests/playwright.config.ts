import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { GalataOptions } from '@jupyterlab/galata';
import { defineConfig } from '@playwright/test';

/**
 * A value that is computed once: every worker reads this file again, with the
 * environment of the first.
 */
function once(name: string, compute: () => string): string {
  return (process.env[name] ??= compute());
}

/** A port that nothing listens on now. */
function freePort(): string {
  const code =
    'const s = net.createServer().listen(0, () => { console.log(s.address().port); s.close(); })';
  return execFileSync(process.execPath, ['-e', code], {
    encoding: 'utf8'
  }).trim();
}

/** The system's Chromium, or nothing for the one that Playwright installed. */
function systemChromium(): string {
  for (const name of ['chromium', 'chromium-browser', 'google-chrome']) {
    try {
      return execFileSync('which', [name], { encoding: 'utf8' }).trim();
    } catch {
      // The next one.
    }
  }
  return '';
}

/** The environment that is tested; another one than the usual has no Notebook 7. */
const environment = process.env.JLJ_ENVIRONMENT;
const python = path.resolve(
  __dirname,
  '..',
  environment ?? '.venv',
  'bin/python'
);
const labUrl = `http://localhost:${once('JLJ_LAB_PORT', freePort)}`;
const notebookUrl = `http://localhost:${once('JLJ_NOTEBOOK_PORT', freePort)}`;
const chromium = once('JLJ_CHROMIUM', systemChromium);

/** A server that sees nothing of the user's: no configuration, extensions or kernels. */
function server(module: string, url: string) {
  const home = once(`JLJ_HOME_${module}`, () => {
    const directory = mkdtempSync(path.join(tmpdir(), 'jobs-ui-tests-'));
    process.on('exit', () =>
      rmSync(directory, { recursive: true, force: true, maxRetries: 3 })
    );
    return directory;
  });
  return {
    command: `"${python}" -m ${module} --config jupyter_server_test_config.py --port ${new URL(url).port}`,
    url: `${url}/api`,
    cwd: __dirname,
    env: {
      IPYTHONDIR: path.join(home, 'ipython'),
      JUPYTER_CONFIG_DIR: path.join(home, 'config'),
      JUPYTER_DATA_DIR: path.join(home, 'data'),
      JUPYTER_RUNTIME_DIR: path.join(home, 'runtime'),
      JUPYTERLAB_GALATA_ROOT_DIR: path.join(home, 'root')
    },
    // So that it ends its kernels.
    gracefulShutdown: { signal: 'SIGTERM' as const, timeout: 10_000 },
    timeout: 120_000
  };
}

export default defineConfig<GalataOptions>({
  forbidOnly: !!process.env.CI,
  outputDir: 'test-results',
  reporter: 'list',
  retries: 0,
  timeout: 60_000,
  expect: {
    timeout: 15_000,
    // Versions of the browser smooth letters in their own ways.
    toHaveScreenshot: { maxDiffPixelRatio: 0.01, animations: 'disabled' }
  },
  snapshotPathTemplate: '{testDir}/__screenshots__/{arg}{ext}',
  workers: 1,
  use: {
    launchOptions: {
      executablePath: chromium || undefined,
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync'
      ]
    },
    // JupyterLab's scripts stay in memory: tests begin after three and a half seconds instead of five.
    reuseContext: true,
    // It takes a fifth of the time.
    trace: process.env.JLJ_TRACE ? 'retain-on-failure' : 'off',
    screenshot: 'only-on-failure',
    // Needs a program that only Playwright's own download brings.
    video: 'off',
    viewport: { width: 1280, height: 800 }
  },
  projects: [
    {
      name: 'lab',
      testDir: 'tests',
      testIgnore: ['notebook7/**', 'collaboration/**'],
      use: { baseURL: labUrl }
    },
    {
      name: 'collaboration',
      testDir: 'tests/collaboration',
      testMatch: 'shared.spec.ts',
      use: { baseURL: labUrl }
    },
    {
      name: 'server-execution',
      testDir: 'tests/collaboration',
      testMatch: 'serverexecution.spec.ts',
      use: { baseURL: labUrl }
    },
    {
      name: 'notebook',
      testDir: 'tests/notebook7',
      use: { baseURL: notebookUrl, appPath: '' }
    },
    {
      name: 'bench',
      testDir: 'bench',
      use: { baseURL: labUrl, trace: 'off' }
    },
    {
      name: 'soak',
      testDir: 'soak',
      use: { baseURL: labUrl, trace: 'off' }
    },
    {
      name: 'screenshots',
      testDir: 'screenshots',
      use: { baseURL: labUrl, deviceScaleFactor: 2 }
    }
  ],
  webServer: [
    server('jupyterlab', labUrl),
    ...(environment === undefined ? [server('notebook', notebookUrl)] : [])
  ]
});
