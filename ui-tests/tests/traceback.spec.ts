import { expect, test } from './jobs';

const FAILING = `%%job
def convert(text):
    return int(text)


convert("twelve")`;

test('a failed job shows its traceback', async ({
  context,
  openNotebook,
  page
}) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const notebook = await openNotebook([FAILING, '"still here"']);
  await notebook.openPanel();

  await notebook.run(0, 1);

  await expect(notebook.output(1)).toContainText('still here');
  await notebook.toHaveState(1, 'failed');
  await expect(notebook.row(1)).toContainText('ValueError: invalid literal');
  await expect(notebook.output(0)).toContainText('ValueError');

  await notebook.row(1).locator('.jp-Jobs-summary').click();

  const traceback = notebook.row(1).locator('.jp-Jobs-traceback');
  await expect(traceback).toContainText(
    "invalid literal for int() with base 10: 'twelve'"
  );
  await expect(traceback).toContainText('return int(text)');
  await expect(traceback.locator('[class*="ansi-"]').first()).toBeVisible();

  await notebook.row(1).getByRole('button', { name: 'Copy traceback' }).click();

  await expect(
    notebook.row(1).getByRole('button', { name: 'Copied' })
  ).toBeVisible();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  expect(copied).toContain('ValueError: invalid literal');
  expect(copied).toContain('return int(text)');
  expect(copied).not.toContain('\u001b');
});

test('the way from the panel to the cell, and back', async ({
  openNotebook
}) => {
  const notebook = await openNotebook([FAILING, '0']);
  await notebook.run(0, 1);
  await expect(notebook.badge(0)).toHaveAttribute('data-state', 'failed');

  // The badge opens the panel, with the job's row.
  await notebook.badge(0).getByTitle('Show in the Jobs panel').click();
  await expect(notebook.row(1).locator('.jp-Jobs-traceback')).toBeVisible();

  await notebook.prompt(1).click();
  await expect(notebook.cell(1)).toHaveClass(/jp-mod-active/);
  await notebook.row(1).getByRole('button', { name: 'Go to cell' }).click();
  await expect(notebook.cell(0)).toHaveClass(/jp-mod-active/);
});
