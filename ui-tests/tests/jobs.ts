import type { IJupyterLabPageFixture } from '@jupyterlab/galata';
import { expect, galata, test as base } from '@jupyterlab/galata';
import type { NotebookPanel } from '@jupyterlab/notebook';
import type { Locator, Page } from '@playwright/test';

export { expect };

/** A job's record in a notebook, as docs/protocol.md describes it. */
export const RECORD_MIME_TYPE = 'application/vnd.jupyterlab-jobs.job+json';

/** Lets a cell keep the kernel busy until `gate.set()`. */
export const GATE = 'import threading; gate = threading.Event()';

/** Keeps the main thread busy in pure Python. */
export const SPIN = 'while not gate.is_set(): pass';

/** A job that never ends by itself. */
export const ENDLESS = '%%job\nwhile True:\n    pass';

/** What a test needs of a notebook: the sources of its code cells, or cells. */
export type Cells = readonly (string | Record<string, unknown>)[];

/**
 * Galata's `test`, and a fixture that opens a notebook. The page goes to it directly:
 * no launcher, no file browser.
 */
export const test = base.extend<{
  openNotebook: (cells: Cells, kernel?: string) => Promise<NotebookWithJobs>;
}>({
  autoGoto: false,

  // Cells that are out of sight stay in the document, also in a JupyterLab that
  // takes them out by default.
  mockSettings: {
    ...galata.DEFAULT_SETTINGS,
    '@jupyterlab/notebook-extension:tracker': { windowingMode: 'defer' }
  },

  waitForApplication: async ({ baseURL }, use) => {
    await use(page => page.locator('.jp-NotebookPanel').waitFor());
  },

  openNotebook: async ({ page, tmpPath }, use) => {
    await use(async (cells, kernel) => {
      const file = `${tmpPath}/test.ipynb`;
      await uploadNotebook(page, file, cells, kernel);
      await goToNotebook(page, file);
      const notebook = new NotebookWithJobs(page);
      await notebook.toBeIdle();
      return notebook;
    });
    // All else is reset before the context serves the next test.
    await page.context().clearPermissions();
  }
});

/**
 * Write a notebook on the server.
 */
export async function uploadNotebook(
  page: IJupyterLabPageFixture,
  file: string,
  cells: Cells,
  kernel = 'python3'
): Promise<void> {
  const notebook = {
    cells: cells.map((cell, index) => ({
      cell_type: 'code',
      id: `cell-${index}`,
      execution_count: null,
      metadata: {},
      outputs: [],
      ...(typeof cell === 'string' ? { source: cell } : cell)
    })),
    metadata: { kernelspec: { name: kernel, display_name: kernel } },
    nbformat: 4,
    nbformat_minor: 5
  };
  await page.contents.uploadContent(JSON.stringify(notebook), 'text', file);
}

/**
 * Load the page of a notebook, in JupyterLab or Notebook 7.
 */
export async function goToNotebook(
  page: IJupyterLabPageFixture,
  file: string
): Promise<void> {
  await page.goto(page.appPath === '' ? `notebooks/${file}` : `tree/${file}`);
}

/**
 * Open the same notebook in another page of the same browser.
 */
export async function openSecondPage(
  first: NotebookWithJobs,
  directory: string
): Promise<NotebookWithJobs> {
  const { origin } = new URL(first.page.url());
  const page = await first.page.context().newPage();
  await page.goto(
    `${origin}/lab/workspaces/second/tree/${directory}/test.ipynb`
  );
  await page.locator('.jp-NotebookPanel').waitFor();
  return new NotebookWithJobs(page);
}

/** Wait for a file that a job makes: what happens while the page hears nothing. */
export async function untilThereIs(
  { contents }: IJupyterLabPageFixture,
  file: string
): Promise<void> {
  await expect.poll(() => contents.fileExists(file)).toBe(true);
}

/** The lines of the standard output under a cell or in the panel. */
export async function printedLines(output: Locator): Promise<string[]> {
  const texts = await output
    .locator('.jp-OutputArea-output[data-mime-type*="stdout"]')
    .allInnerTexts();
  return texts.join('\n').split('\n').filter(Boolean);
}

/**
 * The notebook in front and the Jobs panel, as a user sees and works them.
 */
export class NotebookWithJobs {
  constructor(readonly page: Page) {}

  /** The Jobs panel. */
  get panel(): Locator {
    return this.page.locator('#jupyterlab-jobs-panel');
  }

  /** The sign in the notebook's toolbar that tells what the kernel does. */
  get kernelStatus(): Locator {
    return this._front.locator('.jp-Notebook-ExecutionIndicator');
  }

  /** A cell, counted from 0. */
  cell(index: number): Locator {
    return this._front.locator('.jp-Cell').nth(index);
  }

  /** The prompt of a cell: `[ ]:`, `[*]:`, `[3]:`. */
  prompt(index: number): Locator {
    return this.cell(index).locator('.jp-InputPrompt');
  }

  /** Everything that is shown under a cell. */
  output(index: number): Locator {
    return this.cell(index).locator('.jp-OutputArea');
  }

  /** The badges under a cell: one for each of its jobs. */
  badge(index: number): Locator {
    return this.output(index).locator('.jp-Jobs-badge');
  }

  /** The row of a job in the panel; with another kernel session's, there may be two. */
  row(id: number): Locator {
    return this.panel.locator(`.jp-Jobs-item[data-job-id="${id}"]`);
  }

  /** A section of the panel. */
  section(name: 'running' | 'finished' | 'failed'): Locator {
    return this.panel.locator(`.jp-Jobs-section[data-section="${name}"]`);
  }

  /** The button that kills a job, in its row or its badge. */
  killButton(within: Locator, id: number): Locator {
    return within.getByRole('button', { name: `Kill job ${id}`, exact: true });
  }

  /** Select a cell and run it. */
  async run(...indices: number[]): Promise<void> {
    for (const index of indices) {
      // An output that appears above between the look for the cell and the click moves it.
      await expect(async () => {
        await this.prompt(index).click();
        await expect(this.cell(index)).toHaveClass(/jp-mod-active/, {
          timeout: 500
        });
      }).toPass();
      await this.page.keyboard.press('Control+Enter');
    }
  }

  /** Have other code in a cell. */
  async setSource(index: number, source: string): Promise<void> {
    await this.page.evaluate(
      ([index, source]) => {
        const { currentWidget } = window.jupyterapp.shell;
        const { widgets } = (currentWidget as NotebookPanel).content;
        widgets[index].model.sharedModel.setSource(source);
      },
      [index, source] as const
    );
  }

  /** Select several cells, and run them as a single action. */
  async runTogether(first: number, last: number): Promise<void> {
    await this.prompt(first).click();
    await this.prompt(last).click({ modifiers: ['Shift'] });
    await this.page.keyboard.press('Control+Enter');
  }

  /** Keep the kernel busy, as `GATE` and `SPIN` in the first two cells do. */
  async makeBusy(): Promise<void> {
    await this.run(0);
    await this.toHaveNumber(0, 1);
    await this.run(1);
    await this.toBeWaiting(1);
    await expect(this.kernelStatus).toHaveAttribute('data-status', 'busy');
  }

  /** Show the Jobs panel. */
  async openPanel(): Promise<void> {
    await this.command('jobs:open-panel');
    await expect(this.panel).toBeVisible();
  }

  /** Execute a command, as its menu item, shortcut or toolbar button does. */
  async command(id: string): Promise<void> {
    await this.page.evaluate(
      command => void window.jupyterapp.commands.execute(command),
      id
    );
  }

  /**
   * Wait until there is a kernel that has nothing to do. The page shows one as idle
   * before it is started, and drops what is run then.
   */
  async toBeIdle(): Promise<void> {
    await this.page.waitForFunction(() => {
      const { currentWidget } = window.jupyterapp.shell;
      const { session } = (currentWidget as NotebookPanel).sessionContext;
      return session?.kernel?.status === 'idle';
    });
    await expect(this.kernelStatus).toHaveAttribute('data-status', 'idle');
  }

  /** Run code in the kernel that is no cell's, and that it does not count. */
  async execute(code: string): Promise<void> {
    await this.page.evaluate(async code => {
      const { currentWidget } = window.jupyterapp.shell;
      const { session } = (currentWidget as NotebookPanel).sessionContext;
      await session!.kernel!.requestExecute({ code, silent: true }).done;
    }, code);
  }

  /** Reload the page as a user does who has saved nothing since. */
  async reload(): Promise<void> {
    // The page asks whether to leave.
    this.page.once('dialog', dialog => void dialog.accept());
    await this.page.reload();
    await this.page.locator('.jp-NotebookPanel').waitFor();
  }

  /** Where the cell with an id is by now, counted from 0. */
  async indexOf(cellId: string): Promise<number> {
    return await this.page.evaluate(id => {
      const { currentWidget } = window.jupyterapp.shell;
      const { widgets } = (currentWidget as NotebookPanel).content;
      return widgets.findIndex(({ model }) => model.id === id);
    }, cellId);
  }

  /** Galata's own answer to a request about a kernel is none that JupyterLab understands. */
  async askServerItself(action: string): Promise<void> {
    await this.page.route(new RegExp(`kernels/.*/${action}`), route =>
      route.continue()
    );
  }

  /** Interrupt the kernel by the keyboard, as in the classic Notebook. */
  async interrupt(): Promise<void> {
    await this.askServerItself('interrupt');
    for (const key of ['Escape', 'i', 'i']) {
      await this.page.keyboard.press(key);
    }
  }

  /** Restart the kernel, without being asked whether. */
  async restartKernel(): Promise<void> {
    await this.askServerItself('restart');
    await this.page.evaluate(async () => {
      const { currentWidget } = window.jupyterapp.shell;
      const { session } = (currentWidget as NotebookPanel).sessionContext;
      await session!.kernel!.restart();
    });
  }

  /** Wait until there is a kernel, and a connection to it. */
  async toBeConnected(): Promise<void> {
    await this.page.waitForFunction(() => {
      const { currentWidget } = window.jupyterapp.shell;
      const { session } = (currentWidget as NotebookPanel).sessionContext;
      return session?.kernel?.connectionStatus === 'connected';
    });
  }

  /** Wait until a cell has run: it has its number. */
  async toHaveNumber(index: number, count: number): Promise<void> {
    await expect(this.prompt(index)).toHaveText(`[${count}]:`);
  }

  /** Wait until a cell is running, or queued behind another: `[*]`. */
  async toBeWaiting(index: number): Promise<void> {
    await expect(this.prompt(index)).toHaveText('[*]:');
  }

  /** Wait for the state of a job in the panel. */
  async toHaveState(id: number, state: string): Promise<void> {
    await expect(this.row(id)).toHaveAttribute('data-state', state);
  }

  private get _front(): Locator {
    return this.page.locator('.jp-NotebookPanel:not(.lm-mod-hidden)');
  }
}
