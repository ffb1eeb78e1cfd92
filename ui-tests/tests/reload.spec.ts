import type { NotebookWithJobs } from './jobs';
import { expect, GATE, SPIN, test } from './jobs';

/** All kinds of output, a second half after the gate has opened. */
const KINDS = `%%job --name kinds
from IPython.display import display, update_display, clear_output, HTML
import sys, time
print("cleared"); clear_output()
print("plain"); print("to stderr", file=sys.stderr)
for i in range(5): print(f"bar {i}", end="\\r")
display(HTML("<b>rich 1</b>"), display_id="rich")
gate.wait(60)
update_display(HTML("<b>rich 2</b>"), display_id="rich")
for i in range(5, 10): print(f"bar {i}", end="\\r")
print()
print("end")
6 * 7`;

/** A cell that also writes in the foreground, before, between and after its jobs. */
const MIXED = `print("before")
%job print("first"); gate.wait(60); print("first again")
print("between")
%job print("second")
print("after")`;

/** What is shown under a cell, as its user sees it. */
async function shown(
  notebook: NotebookWithJobs,
  index: number
): Promise<string[]> {
  const outputs = notebook
    .output(index)
    // By its own class, and not by what is in it: a badge is drawn a moment later.
    .locator('.jp-OutputArea-output:not(.jp-Jobs-badgeOutput)');
  return (await outputs.allInnerTexts()).map(text => text.trim());
}

test('after a reload the cells show what they would have shown without', async ({
  openNotebook
}) => {
  const notebook = await openNotebook([GATE, KINDS, MIXED, '%job gate.set()']);
  await notebook.run(0, 1, 2);
  await notebook.openPanel();
  await expect(notebook.output(1)).toContainText('rich 1');
  await expect(notebook.output(2)).toContainText('second');
  await expect(notebook.output(2)).toContainText('after');
  const before = [await shown(notebook, 1), await shown(notebook, 2)];

  await notebook.reload();
  await expect(notebook.output(1)).toContainText('rich 1');
  await expect(notebook.output(2)).toContainText('after');
  expect([await shown(notebook, 1), await shown(notebook, 2)]).toEqual(before);
  await notebook.toHaveNumber(1, 2);
  await notebook.toHaveNumber(2, 3);

  // It goes on live.
  await notebook.run(3);
  await expect(notebook.output(1)).toContainText('end');
  await expect(notebook.output(2)).toContainText('first again');
  await expect(notebook.badge(1)).toHaveAttribute('data-state', 'finished');
  const after = [await shown(notebook, 1), await shown(notebook, 2)];
  expect(after[0].join('\n')).toMatch(
    /plain\n+to stderr\n+bar 4\n*rich 2\n+bar 9\n+end\n+42/
  );
  expect(after[0].join('\n')).not.toContain('cleared');
  expect(after[1].join('\n').match(/first again/g)).toHaveLength(1);

  // What ended without the page is there as well.
  await notebook.reload();
  await expect(notebook.output(1)).toContainText('42');
  expect([await shown(notebook, 1), await shown(notebook, 2)]).toEqual(after);
});

test('also while the main thread is busy, and with what was missed meanwhile', async ({
  openNotebook
}) => {
  const notebook = await openNotebook([
    GATE,
    SPIN,
    '%%job --name counting\nimport time\ncount = 0\nwhile not gate.is_set():\n    print(count)\n    count += 1\n    time.sleep(0.01)',
    '%job gate.set()'
  ]);
  await notebook.makeBusy();
  await notebook.run(2);
  await expect(notebook.output(2)).toContainText('\n10\n');

  await notebook.reload();
  await expect(notebook.output(2)).toContainText('\n300\n');
  await notebook.run(3);
  await expect(notebook.badge(2)).toHaveAttribute('data-state', 'finished');

  // Every line once, in order.
  const lines = (await shown(notebook, 2)).join('\n').split('\n');
  expect(lines.length).toBeGreaterThan(300);
  expect(lines).toEqual(lines.map((_, index) => `${index}`));
  // The page is one that sends cells again, and its own are not written twice.
  await notebook.run(3);
  await expect(notebook.badge(3)).toHaveAttribute('data-state', 'finished');
});

test('a cell that is run again after a reload shows the new run only', async ({
  openNotebook
}) => {
  const notebook = await openNotebook([
    GATE,
    '%job print("run", len(jobs)); gate.wait(60); print("late", len(jobs))',
    'gate.set()'
  ]);
  await notebook.run(0, 1);
  await expect(notebook.output(1)).toContainText('run 1');
  await notebook.reload();
  await expect(notebook.output(1)).toContainText('run 1');
  await notebook.toBeIdle();
  await notebook.run(1);
  await expect(notebook.output(1)).toContainText('run 2');
  await notebook.run(2);
  await expect(notebook.output(1)).toContainText('late 2');
  await expect(notebook.badge(1)).toHaveAttribute('data-state', 'finished');
  expect(await shown(notebook, 1)).toEqual(['run 2\nlate 2']);
});

test('a notebook that was saved is not changed by being opened again', async ({
  openNotebook,
  page
}) => {
  const notebook = await openNotebook(['%job print("done")']);
  await notebook.run(0);
  await expect(notebook.badge(0)).toHaveAttribute('data-state', 'finished');
  await page.notebook.save();
  await notebook.reload();
  await notebook.openPanel();
  await notebook.toHaveState(1, 'finished');
  await expect(notebook.output(0)).toContainText('done');
  await expect(page.locator('.lm-TabBar-tab.jp-mod-dirty')).toHaveCount(0);
});
