import { expect, test } from './jobs';

test('a timeline shows when jobs ran, and leads to them', async ({
  openNotebook,
  page
}) => {
  const notebook = await openNotebook([
    '%%job --name quick\nprint("done")',
    '%job --name broken 1 / 0',
    '%%job --name lasting\nimport time\ntime.sleep(1000)'
  ]);
  await notebook.openPanel();
  await notebook.run(0);
  await notebook.toHaveState(1, 'finished');
  await notebook.run(1);
  await notebook.toHaveState(2, 'failed');
  await notebook.run(2);
  await notebook.toHaveState(3, 'running');

  const { panel } = notebook;
  await panel.getByRole('button', { name: 'Show timeline' }).click();
  const chart = panel.getByRole('application');
  const status = panel.getByRole('status');
  await expect(chart).toBeVisible();
  // The newest is in the first lane; by the keyboard.
  await chart.focus();
  await page.keyboard.press('ArrowDown');
  await expect(status).toContainText('lasting · running');
  await page.keyboard.press('ArrowDown');
  await expect(status).toContainText('broken · failed');

  // What is drawn has the colour of the state.
  const colors = await panel.locator('canvas').evaluate(node => {
    const canvas = node as HTMLCanvasElement;
    const { data } = canvas
      .getContext('2d')!
      .getImageData(0, 0, canvas.width, canvas.height);
    const found = new Set<string>();
    for (let at = 0; at < data.length; at += 4) {
      found.add(`${data[at]},${data[at + 1]},${data[at + 2]}`);
    }
    const color = (name: string) => {
      const probe = document.createElement('span');
      probe.style.color = `var(${name})`;
      document.body.append(probe);
      const value = getComputedStyle(probe).color.match(/\d+/g)!.slice(0, 3);
      probe.remove();
      return value.join(',');
    };
    return [
      '--jp-brand-color1',
      '--jp-error-color1',
      '--jp-success-color1'
    ].filter(name => found.has(color(name)));
  });
  expect(colors).toEqual([
    '--jp-brand-color1',
    '--jp-error-color1',
    '--jp-success-color1'
  ]);

  // Look closer, and at the whole again.
  const all = panel.getByRole('button', { name: 'All', exact: true });
  await expect(all).toBeDisabled();
  await panel.getByTitle('Zoom in').click();
  await expect(all).toBeEnabled();
  await all.click();
  await expect(all).toBeDisabled();
  await expect(panel.getByTitle('Zoom out')).toBeDisabled();

  // The same as a table.
  await panel.getByRole('button', { name: 'Show as table' }).click();
  const rows = panel.getByRole('row');
  await expect(rows).toHaveCount(4);
  await expect(rows.nth(1)).toContainText(/lasting\s*running/);
  await expect(rows.nth(2)).toContainText(/broken\s*failed/);
  await rows.nth(2).getByRole('button', { name: 'broken' }).click();
  await expect(notebook.row(2).locator('.jp-Jobs-traceback')).toBeVisible();
  await expect(notebook.row(2).locator('.jp-Jobs-summary')).toBeFocused();

  // And by the pointer.
  await panel.getByRole('button', { name: 'Show timeline' }).click();
  await chart.click({ position: { x: 50, y: 22 + 2 * 20 + 10 } });
  await expect(notebook.row(1).locator('.jp-Jobs-output')).toContainText(
    'done'
  );
});
