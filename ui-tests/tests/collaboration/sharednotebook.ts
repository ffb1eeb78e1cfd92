import type { BrowserContext, Locator } from '@playwright/test';

import { expect, NotebookWithJobs } from '../jobs';

/** A job that prints for a while. */
export const COUNTING = `%%job --name counting
import time
for count in range(100):
    print(count)
    time.sleep(0.01)
print("end")`;

/** Every line once, in order. */
export async function expectAllLines(output: Locator): Promise<void> {
  await expect(output).toContainText('end');
  const text = await output
    .locator('.jp-OutputArea-output[data-mime-type*="stdout"]')
    .allInnerTexts();
  const lines = text.join('\n').split('\n').filter(Boolean);
  expect(lines).toEqual([
    ...Array.from({ length: 100 }, (_, index) => `${index}`),
    'end'
  ]);
}

/** Open the same notebook in another page. */
export async function openSecondPage(
  first: NotebookWithJobs,
  context: BrowserContext,
  directory: string
): Promise<NotebookWithJobs> {
  const { origin } = new URL(first.page.url());
  const page = await context.newPage();
  await page.goto(
    `${origin}/lab/workspaces/second/tree/${directory}/test.ipynb`
  );
  await page.locator('.jp-NotebookPanel').waitFor();
  return new NotebookWithJobs(page);
}
