import { ENDLESS, expect, GATE, SPIN, test } from '../jobs';

test('Notebook 7: jobs start at once, are listed, and killed', async ({
  openNotebook,
  page
}) => {
  const notebook = await openNotebook([
    GATE,
    SPIN,
    '%job print("hello from the job")',
    ENDLESS,
    ENDLESS,
    '%job gate.set()'
  ]);
  await notebook.makeBusy();

  await notebook.run(2, 3, 4);

  await expect(notebook.output(2)).toContainText('hello from the job');
  await expect(notebook.badge(2)).toHaveAttribute('data-state', 'finished');
  await expect(notebook.badge(3)).toHaveAttribute('data-state', 'running');
  await notebook.toBeWaiting(1);

  await notebook.killButton(notebook.badge(3), 2).click();
  await expect(notebook.badge(3)).toHaveAttribute('data-state', 'killed');

  await notebook.badge(4).getByTitle('Show in the Jobs panel').click();
  await expect(
    page.locator('#jp-right-stack').locator(notebook.panel)
  ).toBeVisible();
  await notebook.toHaveState(1, 'finished');
  await notebook.killButton(notebook.row(3), 3).click();
  await notebook.toHaveState(3, 'killed');

  await notebook.run(5);
  await notebook.toHaveNumber(5, 6);
});
