import type { NotebookPanel } from '@jupyterlab/notebook';
import type { IJupyterLabPageFixture } from '@jupyterlab/galata';

import type { NotebookWithJobs } from './jobs';
import { test as base, expect, goToNotebook } from './jobs';

const TALKING =
  '%%job --name talking\nimport time\nprint("before the end")\ntime.sleep(1000)';

const CELLS = [TALKING, '%job 6 * 7', '%job 1 / 0', '%job --name new 1'];

const test = base.extend<{ notebook: NotebookWithJobs }>({
  /** A notebook with jobs that run, have finished and have failed, all stored. */
  notebook: async ({ openNotebook, page, tmpPath }, use) => {
    const notebook = await openNotebook(CELLS);
    await notebook.openPanel();
    await notebook.run(0, 1, 2);
    await notebook.toHaveState(1, 'running');
    await notebook.toHaveState(2, 'finished');
    await notebook.toHaveState(3, 'failed');
    await expect(notebook.row(1)).toContainText('before the end');
    await expect
      .poll(() => stored(page, tmpPath))
      .toContain('ZeroDivisionError');
    await use(notebook);
  }
});

// The state database of the real server, in the workspace of the page.
test.use({ mockState: false });

// Each test loads the page more than once.
test.slow();

/** What is stored on the server about the jobs of the notebooks in a directory. */
async function stored(
  page: IJupyterLabPageFixture,
  directory: string
): Promise<string> {
  return page.evaluate(async part => {
    const response = await fetch('/lab/api/workspaces/default');
    const { data } = (await response.json()) as { data: object };
    return JSON.stringify(
      Object.entries(data).filter(([id]) => id.includes(part))
    );
  }, historyPart(directory));
}

/** What is in the identifiers: other tests may leave histories in the same workspace. */
function historyPart(directory: string): string {
  return `/${directory}/`;
}

test('jobs of an earlier kernel session are there after a reload, and can be forgotten', async ({
  notebook,
  page,
  tmpPath
}) => {
  await notebook.restartKernel();
  await notebook.toHaveState(1, 'lost');
  await page.notebook.save();
  await page.reload();
  await notebook.openPanel();

  await notebook.toHaveState(1, 'lost');
  await expect(notebook.row(1)).toContainText('before the end');
  await notebook.toHaveState(2, 'finished');
  await expect(notebook.row(2)).toContainText('42');
  await notebook.row(3).locator('.jp-Jobs-summary').click();
  await expect(notebook.row(3).locator('.jp-Jobs-traceback')).toContainText(
    'ZeroDivisionError'
  );
  // Their cells tell the same, and lead to them.
  await expect(notebook.badge(0)).toHaveAttribute('data-state', 'lost');
  await notebook.badge(1).locator('.jp-Jobs-badgeLabel').click();
  await expect(notebook.row(2).locator('.jp-Jobs-details')).toBeVisible();

  await notebook.run(3);
  await expect(notebook.section('finished').locator('li')).toHaveCount(2);
  await expect.poll(() => stored(page, tmpPath)).toContain('"name":"new"');
  await notebook.panel
    .getByRole('button', { name: 'Clear ended jobs' })
    .click();
  await expect(notebook.panel).toContainText('No jobs yet');
  await expect.poll(() => stored(page, tmpPath)).toBe('[]');
  await page.reload();
  await notebook.openPanel();
  await expect(notebook.panel).toContainText('No jobs yet');
});

test('a reload doubles nothing while the kernel lives', async ({
  notebook,
  page
}) => {
  await page.reload();
  await notebook.openPanel();
  await notebook.toHaveState(1, 'running');
  await expect(notebook.panel.locator('.jp-Jobs-item')).toHaveCount(3);
  await notebook.killButton(notebook.row(1), 1).click();
  await notebook.toHaveState(1, 'killed');
});

test('a kernel that went while the page was away has lost its jobs', async ({
  notebook,
  page,
  tmpPath
}) => {
  await page.notebook.save();
  const url = page.url();
  await page.evaluate(() => window.location.assign('about:blank'));
  await page.waitForURL('about:blank');
  const kernels = (await (
    await page.request.get(new URL('/api/kernels', url).href)
  ).json()) as { id: string }[];
  for (const { id } of kernels) {
    await page.request.delete(new URL(`/api/kernels/${id}`, url).href);
  }
  await goToNotebook(page, `${tmpPath}/test.ipynb`);
  await notebook.toBeIdle();
  await notebook.openPanel();
  await notebook.toHaveState(1, 'lost');
  await expect(notebook.row(1)).toContainText('before the end');
  await expect(notebook.panel.locator('.jp-Jobs-item')).toHaveCount(3);
  await expect(notebook.badge(0)).toHaveAttribute('data-state', 'lost');
});

test('the history moves with the notebook', async ({
  notebook,
  page,
  tmpPath
}) => {
  await notebook.restartKernel();
  await notebook.toHaveState(1, 'lost');
  await page.evaluate(async () => {
    const { currentWidget } = window.jupyterapp.shell;
    await (currentWidget as NotebookPanel).context.rename('renamed.ipynb');
  });
  await expect.poll(() => stored(page, tmpPath)).toContain('/renamed.ipynb"');
  expect(await stored(page, tmpPath)).not.toContain('/test.ipynb"');
  // So it does when the notebook is closed.
  await page.notebook.close();
  await page.evaluate(async directory => {
    await window.jupyterapp.serviceManager.contents.rename(
      `${directory}/renamed.ipynb`,
      `${directory}/again.ipynb`
    );
  }, tmpPath);
  await expect.poll(() => stored(page, tmpPath)).toContain('/again.ipynb"');
  expect(await stored(page, tmpPath)).not.toContain('/renamed.ipynb"');
  await goToNotebook(page, `${tmpPath}/again.ipynb`);
  await notebook.openPanel();
  await notebook.toHaveState(1, 'lost');
});

test('a notebook does not show the jobs of another that had its name', async ({
  notebook,
  openNotebook,
  page,
  tmpPath
}) => {
  await page.locator('.jp-DirListing-item', { hasText: 'test.ipynb' }).click();
  await page.keyboard.press('Delete');
  await page.locator('.jp-Dialog .jp-mod-accept').click();
  await expect(page.locator('.jp-NotebookPanel')).toHaveCount(0);
  await expect.poll(() => stored(page, tmpPath)).toBe('[]');

  await openNotebook(CELLS);
  await notebook.openPanel();
  await expect(notebook.panel).toContainText('No jobs yet');
  await notebook.run(1);
  await notebook.toHaveState(1, 'finished');
  await expect(notebook.panel.locator('.jp-Jobs-item')).toHaveCount(1);
});

test('a notebook does not show the jobs of one on a server elsewhere', async ({
  notebook,
  page,
  tmpPath
}) => {
  await notebook.restartKernel();
  await page.notebook.save();
  await expect.poll(() => stored(page, tmpPath)).toContain('"lost":true');

  // A server elsewhere says so in its page, and has the same workspaces.
  await page.addInitScript(() => {
    new MutationObserver((_, observer) => {
      const config = document.getElementById('jupyter-config-data');
      if (config?.nextElementSibling && sessionStorage.elsewhere !== 'no') {
        observer.disconnect();
        config.textContent = JSON.stringify({
          ...(JSON.parse(config.textContent ?? '') as object),
          serverRoot: '/elsewhere'
        });
      }
    }).observe(document, { childList: true, subtree: true });
  });
  await goToNotebook(page, `${tmpPath}/test.ipynb`);
  await notebook.openPanel();
  await expect(notebook.panel).toContainText('No jobs yet');
  await notebook.run(3);
  await expect
    .poll(() => stored(page, tmpPath))
    .toContain(`:elsewhere/${tmpPath}/test.ipynb"`);

  await page.evaluate(() => sessionStorage.setItem('elsewhere', 'no'));
  await goToNotebook(page, `${tmpPath}/test.ipynb`);
  await notebook.openPanel();
  await expect(notebook.panel).toContainText('before the end');
});

test('what is stored and is none is left out', async ({
  notebook,
  page,
  tmpPath
}) => {
  const hostile = '<img src=x onerror=document.body.dataset.hacked=1>';
  await notebook.restartKernel();
  await expect.poll(() => stored(page, tmpPath)).toContain('"lost":true');
  await page.evaluate(
    async ({ html, part }) => {
      const response = await fetch('/lab/api/workspaces/default');
      const workspace = (await response.json()) as {
        data: Record<string, { jobs: Record<string, unknown>[] }>;
      };
      for (const [id, history] of Object.entries(workspace.data)) {
        if (id.includes(part)) {
          const { record } = history.jobs[0] as { record: object };
          Object.assign(record, { name: html, code: html });
          history.jobs[0].log = {
            items: [
              {
                output_type: 'display_data',
                data: {
                  'text/html': html,
                  'application/javascript': 'alert(1)'
                },
                metadata: {}
              }
            ],
            dropped: 0
          };
          history.jobs[1].record = { id: html };
        }
      }
      // Not by way of the page's own copy.
      window.addEventListener('pagehide', () => sessionStorage.clear());
      await fetch('/lab/api/workspaces/default', {
        method: 'PUT',
        body: JSON.stringify(workspace)
      });
    },
    { html: hostile, part: historyPart(tmpPath) }
  );
  await page.reload();
  await notebook.openPanel();
  await expect(notebook.row(1)).toContainText(hostile);
  await expect(notebook.panel.locator('.jp-Jobs-item')).toHaveCount(2);
  await notebook.row(1).locator('.jp-Jobs-summary').click();
  await expect(notebook.row(1).locator('.jp-Jobs-details')).toBeVisible();
  await expect(page.locator('body')).not.toHaveAttribute('data-hacked');
});
