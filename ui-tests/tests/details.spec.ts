import { expect, GATE, test } from './jobs';

test('the variables of a running job', async ({ openNotebook }) => {
  const notebook = await openNotebook([
    '%%job\nimport time\nname, epochs = "<b>net</b>", [1, 2, 3]\nprint("assigned")\nwhile True:\n    epochs.append(0); time.sleep(0.01)'
  ]);
  await notebook.openPanel();
  await notebook.run(0);
  const row = notebook.row(1);
  await expect(row.locator('.jp-Jobs-line')).toHaveText('assigned');
  await row.locator('.jp-Jobs-summary').click();
  await row.getByText('Variables', { exact: true }).click();
  const values = row.locator('.jp-Jobs-variables tbody tr');
  await expect(values.filter({ hasText: 'name' })).toHaveText(
    /^name\s*str\s*'<b>net<\/b>'$/
  );
  const epochs = values.filter({ hasText: 'epochs' });
  await expect(epochs).toHaveText(/^epochs\s*list\s*[\d,]+ items$/);
  const before = await epochs.textContent();
  await expect(async () => {
    await row.getByRole('button', { name: 'Refresh' }).click();
    expect(await epochs.textContent()).not.toBe(before);
  }).toPass();
});

test('the line of the notebook that raised the error', async ({
  openNotebook,
  page
}) => {
  const notebook = await openNotebook([
    'def divide(by):\n    number = 1\n    return number / by',
    '%job divide(0)'
  ]);
  await notebook.openPanel();
  await notebook.run(0);
  await notebook.toHaveNumber(0, 1);
  await notebook.run(1);
  await notebook.toHaveState(1, 'failed');
  await notebook.row(1).locator('.jp-Jobs-summary').click();
  await notebook.row(1).getByRole('button', { name: 'Go to line' }).click();
  await expect(notebook.cell(0)).toHaveClass(/jp-mod-active/);
  await expect(notebook.cell(0).locator('.cm-content')).toBeFocused();
  await page.keyboard.type('# ');
  await expect(notebook.cell(0).locator('.cm-line').nth(2)).toHaveText(
    '#     return number / by'
  );
});

test('the items of a group', async ({ openNotebook }) => {
  const notebook = await openNotebook([
    'def half(n):\n    if n % 50 == 7: raise ValueError(f"no {n}")\n    return n / 2\ngroup = jobs.map(half, range(250), errors="collect")'
  ]);
  await notebook.openPanel();
  await notebook.run(0);
  await notebook.toHaveState(1, 'finished');
  const row = notebook.row(1);
  await row.locator('.jp-Jobs-summary').click();
  await row.getByText('Items', { exact: true }).click();
  const items = row.locator('.jp-Jobs-items tbody tr');
  await expect(items).toHaveCount(100);
  await expect(items.nth(7)).toHaveText(/^7\s*failed\s*ValueError: no 7$/);
  await row.getByRole('button', { name: 'Next' }).click();
  await expect(items.first()).toHaveText(/^100\s*finished\s*50\.0$/);
  await expect(row).toContainText('101–200 of 250');
  await row.getByLabel('Only those that failed').click();
  await expect(items).toHaveCount(5);
  await expect(items.last()).toHaveText(/^207\s*failed/);
});

test('a long output is followed, also where its beginning is left out', async ({
  openNotebook
}) => {
  const notebook = await openNotebook([
    '%%job\nimport time\nfor n in range(400):\n    print("\\n".join(f"{n} {i:50}" for i in range(20)))\n    time.sleep(0.01)\ngate.wait()',
    GATE
  ]);
  await notebook.openPanel();
  await notebook.run(1, 0);
  const row = notebook.row(1);
  await row.locator('.jp-Jobs-summary').click();
  const output = row.locator('.jp-Jobs-output');
  await expect(output).toContainText(/399 +19\s*$/);
  await expect(row).toContainText('Earlier output is not shown here.');
  await expect(row.getByRole('button', { name: 'Pause output' })).toBeVisible();
  await expect
    .poll(() =>
      output.evaluate(
        node => node.scrollHeight - node.scrollTop - node.clientHeight < 9
      )
    )
    .toBe(true);
});

test('the output follows the job until it is paused, or read', async ({
  openNotebook
}) => {
  const notebook = await openNotebook([
    '%%job\nimport itertools, time\nfor n in itertools.count():\n    print("line", n)\n    time.sleep(0.01)'
  ]);
  await notebook.openPanel();
  await notebook.run(0);
  const row = notebook.row(1);
  await row.locator('.jp-Jobs-summary').click();
  const output = row.locator('.jp-Jobs-output');
  const last = async () =>
    Number((await output.textContent())!.match(/(\d+)\s*$/)![1]);
  /** Whether the job has printed more than the output shows. */
  const untilThereIsMore = async (shown: number) => {
    await expect(async () => {
      const line = await row.locator('.jp-Jobs-line').textContent();
      expect(Number(line!.split(' ')[1])).toBeGreaterThan(shown + 20);
    }).toPass();
    await expect(
      row.getByRole('button', { name: '↓ New output' })
    ).toBeVisible();
    expect(await last()).toBe(shown);
  };
  const isAtEnd = () =>
    output.evaluate(
      node => node.scrollHeight - node.scrollTop - node.clientHeight < 9
    );
  // More than fits.
  await expect.poll(last).toBeGreaterThan(60);
  await expect.poll(isAtEnd).toBe(true);

  await row.getByRole('button', { name: 'Pause output' }).click();
  const shown = await last();
  await untilThereIsMore(shown);
  await row.getByRole('button', { name: '↓ New output' }).click();
  await expect.poll(last).toBeGreaterThan(shown);
  await expect.poll(isAtEnd).toBe(true);

  await output.hover();
  await output.page().mouse.wheel(0, -120);
  await expect(row.getByRole('button', { name: 'Pause output' })).toBeHidden();
  const read = await last();
  await untilThereIsMore(read);
  await output.page().mouse.wheel(0, 10_000);
  await expect(row.getByRole('button', { name: 'Pause output' })).toBeVisible();
  await expect.poll(last).toBeGreaterThan(read);
  await row.locator('.jp-Jobs-kill').click();
  await notebook.toHaveState(1, 'killed');
  await expect(row.getByRole('button', { name: 'Pause output' })).toBeHidden();
});
