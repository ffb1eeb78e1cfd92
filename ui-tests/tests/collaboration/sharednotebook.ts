import type { Locator } from '@playwright/test';

import { expect, printedLines } from '../jobs';

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
  expect(await printedLines(output)).toEqual([
    ...Array.from({ length: 100 }, (_, index) => `${index}`),
    'end'
  ]);
}
