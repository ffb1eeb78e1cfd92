import { expect, openSecondPage, test } from '../jobs';
import { COUNTING, expectAllLines } from './sharednotebook';

// The notebook is a document that several pages share: one of them writes.

test('a job in a shared notebook shows what it writes once, in every page', async ({
  openNotebook,
  tmpPath
}) => {
  const first = await openNotebook([COUNTING, '%%job\nwhile True: pass']);
  const second = await openSecondPage(first, tmpPath);
  await first.openPanel();
  await second.openPanel();

  await first.run(0);
  for (const notebook of [first, second]) {
    await notebook.toHaveState(1, 'finished');
    await expect(notebook.badge(0)).toHaveCount(1);
    await expectAllLines(notebook.output(0));
  }

  await second.run(1);
  await first.toHaveState(2, 'running');
  await first.killButton(first.row(2), 2).click();
  for (const notebook of [first, second]) {
    await notebook.toHaveState(2, 'killed');
    await expect(notebook.badge(1)).toHaveAttribute('data-state', 'killed');
  }
});
