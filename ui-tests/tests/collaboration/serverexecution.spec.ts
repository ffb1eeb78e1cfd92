import { expect, openSecondPage, test } from '../jobs';
import { COUNTING, expectAllLines } from './sharednotebook';

// The server executes the cells and writes their outputs, up to the end of the execution:
// jobs come by the queue lane alone, and what they write later is in the panel.

test('a job that the server has started is in every panel, and doubles nothing', async ({
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
    await notebook
      .row(1)
      .getByRole('button', { name: /counting/ })
      .click();
    await expectAllLines(notebook.row(1).locator('.jp-Jobs-output'));
    // The badge is there once, and follows the job.
    await expect(notebook.badge(0)).toHaveCount(1);
    await expect(notebook.badge(0)).toHaveAttribute('data-state', 'finished');
    const text = await notebook.output(0).innerText();
    const lines = text.split('\n').filter(line => /^\d+$/.test(line));
    expect(lines).toEqual(lines.map((_, index) => `${index}`));
  }

  await second.run(1);
  await first.toHaveState(2, 'running');
  await first.killButton(first.row(2), 2).click();
  for (const notebook of [first, second]) {
    await notebook.toHaveState(2, 'killed');
  }
});
