import { galata } from '@jupyterlab/galata';

import {
  ENDLESS,
  expect,
  RECORD_MIME_TYPE,
  test,
  uploadNotebook
} from './jobs';

test('the panel teaches the first job, lists jobs, and counts their time', async ({
  openNotebook
}) => {
  const notebook = await openNotebook([
    '%%job --name counting\nimport time\nprint("first line")\nprint("last line")\ntime.sleep(1000)',
    '%job 6 * 7',
    '%job 1 / 0'
  ]);
  await notebook.openPanel();
  await expect(notebook.panel).toContainText('No jobs yet');
  await expect(notebook.panel).toContainText('%job download(urls)');

  await notebook.run(0, 1, 2);

  for (const section of ['running', 'finished', 'failed'] as const) {
    await expect(notebook.section(section).locator('li')).toHaveCount(1);
    await expect(
      notebook.section(section).locator('.jp-Jobs-count')
    ).toHaveText('1');
  }
  await expect(notebook.panel).toContainText('1 running');
  await expect(notebook.panel).not.toContainText('No jobs yet');
  await expect(notebook.row(1).locator('.jp-Jobs-name')).toHaveText('counting');
  await expect(notebook.row(1).locator('.jp-Jobs-line')).toHaveText(
    'last line'
  );
  await expect(notebook.row(2).locator('.jp-Jobs-line')).toHaveText('42');
  await expect(notebook.row(3).locator('.jp-Jobs-line')).toHaveText(
    'ZeroDivisionError: division by zero'
  );
  const time = notebook.row(1).locator('.jp-Jobs-time');
  await expect(time).toHaveText(/^\d+ s$/);
  await expect(time).not.toHaveText(await time.innerText());

  await notebook.row(1).locator('.jp-Jobs-summary').click();
  await expect(notebook.row(1).locator('.jp-Jobs-output')).toContainText(
    /first line\s+last line/
  );

  await notebook.panel
    .getByRole('button', { name: 'Clear ended jobs' })
    .click();
  await expect(notebook.section('finished')).toHaveCount(0);
  await expect(notebook.section('failed')).toHaveCount(0);
  await notebook.toHaveState(1, 'running');
});

test('the panel follows the notebook in front', async ({
  openNotebook,
  page,
  tmpPath
}) => {
  const notebook = await openNotebook([
    ENDLESS.replace('%%job', '%%job --name one')
  ]);
  await notebook.openPanel();
  await notebook.run(0);
  await notebook.toHaveState(1, 'running');

  const second = `${tmpPath}/second.ipynb`;
  await uploadNotebook(page, second, ['%job --name two 0']);
  await page.evaluate(
    file =>
      void window.jupyterapp.commands.execute('docmanager:open', {
        path: file
      }),
    second
  );
  await expect(notebook.panel).toContainText('No jobs yet');
  await notebook.run(0);
  await expect(notebook.row(1)).toContainText('two');
  await notebook.toHaveState(1, 'finished');

  await page.getByRole('tab', { name: 'test.ipynb' }).click();
  await expect(notebook.row(1)).toContainText('one');
  await notebook.toHaveState(1, 'running');
});

test('names and outputs are text, whatever they hold', async ({
  openNotebook,
  page
}) => {
  const hostile = '<img src=x onerror=document.body.dataset.hacked=1>';
  const notebook = await openNotebook([
    `%%job --name "${hostile}"\nprint("""${hostile} \\x1b[31mred\\x1b[0m""")\nraise ValueError("${hostile}")`,
    // What a notebook from anywhere may hold.
    {
      source: '0',
      outputs: [
        { name: hostile, runtime: 'elsewhere', id: 1, state: 'failed' },
        { name: {}, runtime: [hostile], id: -1, state: hostile },
        hostile
      ].map(record => ({
        output_type: 'display_data',
        metadata: {},
        data: {
          'text/plain': 'A job',
          [RECORD_MIME_TYPE]:
            typeof record === 'string' ? record : { version: 1, ...record }
        }
      }))
    }
  ]);
  await expect(notebook.badge(1)).toContainText(hostile);
  await expect(notebook.output(1)).toContainText('Unreadable job record');
  await notebook.openPanel();

  await notebook.run(0);

  await notebook.toHaveState(1, 'failed');
  await expect(notebook.badge(0)).toContainText(hostile);
  await expect(notebook.row(1).locator('.jp-Jobs-name')).toHaveText(hostile);
  await notebook.row(1).locator('.jp-Jobs-summary').click();
  const output = notebook.row(1).locator('.jp-Jobs-output');
  await expect(output).toContainText(`${hostile} red`);
  await expect(output.locator('.ansi-red-fg')).toHaveText('red');
  await expect(notebook.row(1).locator('.jp-Jobs-traceback')).toContainText(
    `ValueError: ${hostile}`
  );
  await expect(page.locator('img[src="x"]')).toHaveCount(0);
  await expect(page.locator('body')).not.toHaveAttribute('data-hacked');
});

test.describe('where the user wants the panel on the left', () => {
  test.use({
    mockSettings: {
      ...galata.DEFAULT_SETTINGS,
      'jupyterlab-jobs:plugin': { panelSide: 'left' }
    }
  });

  test('it is there', async ({ openNotebook, page }) => {
    const notebook = await openNotebook(['']);
    await notebook.openPanel();
    await expect(
      page.locator('#jp-left-stack #jupyterlab-jobs-panel')
    ).toBeVisible();
  });
});
