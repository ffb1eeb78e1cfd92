import { readFileSync } from 'node:fs';
import type { IJupyterLabPageFixture } from '@jupyterlab/galata';
import type { NotebookPanel } from '@jupyterlab/notebook';

import { expect, test } from './jobs';

const LINES = 1_000_000;

/** 100 MB, as fast as Python can. */
const FLOOD = `%%job --name "flood/1"\nfor i in range(${LINES}):\n    print(f'{i:99d}')`;

/** 50 jobs that print 10,000 lines a second each, or as many as the machine can. */
const FIFTY = `import threading, time
end = threading.Event()
def flood(rate=10_000):
    begun = time.monotonic()
    printed = 0
    while not end.is_set():
        while printed < (time.monotonic() - begun) * rate and not end.is_set():
            print(f'{printed:49d}')
            printed += 1
        time.sleep(0.05)
    print('the end')
for _ in range(50):
    jobs.submit(flood)`;

/**
 * What a user would notice in the page: what the server drops, which it tells in a
 * stream, and how much memory it takes.
 */
async function watch(page: IJupyterLabPageFixture): Promise<{
  dropped: () => Promise<number>;
  memoryGrowth: () => Promise<number>;
}> {
  await page.evaluate(() => {
    const { currentWidget } = window.jupyterapp.shell;
    const { session } = (currentWidget as NotebookPanel).sessionContext;
    const seen = { dropped: 0 };
    Object.assign(window, { seen });
    session!.kernel!.iopubMessage.connect((_, { content }) => {
      if ('text' in content && / rate exceeded/.test(String(content.text))) {
        seen.dropped += 1;
      }
    });
  });
  // Galata's page is not the one that the browser knows.
  const [browserPage] = page.context().pages();
  const devtools = await page.context().newCDPSession(browserPage);
  await devtools.send('Performance.enable');
  const memory = async () => {
    await devtools.send('HeapProfiler.collectGarbage');
    const { metrics } = await devtools.send('Performance.getMetrics');
    return metrics.find(({ name }) => name === 'JSHeapUsedSize')!.value;
  };
  const before = await memory();
  return {
    dropped: () =>
      page.evaluate(
        () => (window as unknown as { seen: { dropped: number } }).seen.dropped
      ),
    memoryGrowth: async () => (await memory()) - before
  };
}

test('of 100 MB, the cell shows both ends, and a file gets every byte', async ({
  openNotebook,
  page
}) => {
  test.setTimeout(180_000);
  const notebook = await openNotebook([FLOOD, 'print("a cell")', '%job 6 * 7']);
  await notebook.openPanel();
  const seen = await watch(page);
  await notebook.run(0);
  await expect(notebook.output(0)).toContainText('left out so far');

  await notebook.run(1, 2);

  await expect(notebook.output(1)).toContainText('a cell');
  await expect(notebook.output(2)).toContainText('42');
  await notebook.toHaveState(1, 'running');
  // A digit of the newest line.
  await expect(notebook.row(1).locator('.jp-Jobs-line')).toHaveText(/^\d+$/);

  await expect(notebook.row(1)).toHaveAttribute('data-state', 'finished', {
    timeout: 120_000
  });
  const output = notebook.output(0);
  await expect(output).toContainText(
    /9\d,\d{3},\d{3} characters left out here/
  );
  await expect(output).toContainText(/ s\s+0\s+1\s+2\s/);
  await expect(output).toContainText(/999998\s+999999\s/);
  expect(await seen.dropped()).toBe(0);
  expect(await seen.memoryGrowth()).toBeLessThan(50_000_000);

  await notebook.row(1).locator('.jp-Jobs-summary').click();
  const downloading = page.waitForEvent('download', { timeout: 60_000 });
  await notebook.row(1).getByRole('button', { name: 'Save output…' }).click();
  const download = await downloading;

  expect(download.suggestedFilename()).toBe('job-1-flood-1.txt');
  const lines = readFileSync(await download.path(), 'latin1').split('\n');
  expect(lines).toHaveLength(LINES + 1);
  expect(lines.findIndex((line, i) => line !== `${i}`.padStart(99))).toBe(
    LINES // the end of the last line
  );
  expect(await seen.memoryGrowth()).toBeLessThan(50_000_000);
});

test('fifty jobs that flood leave the page and the other cells usable', async ({
  openNotebook,
  page
}) => {
  test.setTimeout(180_000);
  const notebook = await openNotebook([
    FIFTY,
    'print("a cell")',
    '%job 6 * 7',
    'end.set()'
  ]);
  await notebook.openPanel();
  const seen = await watch(page);
  await notebook.run(0);
  await expect(notebook.output(0)).toContainText('left out so far');

  await notebook.run(1, 2);

  await expect(notebook.output(1)).toContainText('a cell');
  await expect(notebook.output(2)).toContainText('42');
  await expect(notebook.panel).toContainText('50 running');
  await notebook.run(3);
  await expect(
    notebook.section('finished').locator('.jp-Jobs-sectionHeader')
  ).toHaveText('Finished51', { timeout: 120_000 });
  const filter = notebook.panel.getByRole('searchbox', { name: 'Filter jobs' });
  for (const id of [1, 25, 50]) {
    await filter.fill(`#${id}`);
    await expect(notebook.row(id).locator('.jp-Jobs-line')).toHaveText(
      'the end'
    );
  }
  expect(await seen.dropped()).toBe(0);
  expect(await seen.memoryGrowth()).toBeLessThan(50_000_000);
});
