import type { ISessionContext } from '@jupyterlab/apputils';
import type { Kernel } from '@jupyterlab/services';

/**
 * The language of a kernel.
 */
export async function languageOf(
  kernel: Kernel.IKernelConnection
): Promise<string> {
  // The specification first: a kernel that is busy does not tell its info.
  const spec = await kernel.spec.catch(() => undefined);
  return spec?.language ?? (await kernel.info).language_info.name;
}

/**
 * Whether the runtime speaks a language.
 */
export function isPython(language: string): boolean {
  return language.toLowerCase() === 'python';
}

/**
 * The language of a kernel, as far as the page knows it without asking.
 */
export function knownLanguage(
  context: ISessionContext,
  kernel: Kernel.IKernelConnection
): string | undefined {
  return context.specsManager.specs?.kernelspecs[kernel.name]?.language;
}
