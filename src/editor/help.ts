import type { TranslationBundle } from '@jupyterlab/translation';

/**
 * What a magic or an option is for, in a line; null for what is none.
 */
export function magicHelp(
  text: string,
  trans: TranslationBundle
): string | null {
  switch (text) {
    case '%job':
      return trans.__(
        'Run the rest of the line in the background; alone on the first line, the lines that follow.'
      );
    case '%%job':
      return trans.__('Run the cell in the background.');
    case '%jobs':
      return trans.__(
        'List the jobs; “%jobs kill 3”, “%jobs wait”, “%jobs clear” do what they say.'
      );
    case '--name':
      return trans.__('What the panel calls the job.');
    case '--timeout':
      return trans.__('Kill the job after this time: 90, 90s, 5m or 1h30m.');
    case '--after':
      return trans.__('Start when these jobs have finished: 3,5 or a name.');
    case '--now':
      return trans.__('Wait neither for other cells nor for a free place.');
    case '--quiet':
      return trans.__('Show what it writes in the panel only.');
    case '--notify':
      return trans.__('Tell when it has ended.');
    case '--on':
      return trans.__(
        'Where it runs: thread, process, dask, or a backend of yours.'
      );
    case '-p':
      return trans.__(
        'Run in a process of its own: at full speed beside the kernel, and a kill always works.'
      );
    case '--shared':
      return trans.__('Run in the notebook’s own namespace, as a cell does.');
    default:
      return null;
  }
}
