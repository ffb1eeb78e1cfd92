import { CommandRegistry } from '@lumino/commands';

import type { Shortcuts } from '../view/shortcuts';
import { ROW_COMMANDS } from '../view/shortcuts';
import { CommandIDs } from './commandids';

/**
 * The keys of a command, as JupyterLab shows them in tooltips: "Ctrl+Shift+J"; empty if
 * there are none.
 */
export function keysOf(commands: CommandRegistry, command: string): string {
  // As in menus, the last binding counts.
  const binding = [...commands.keyBindings]
    .reverse()
    .find(binding => binding.command === command);
  return binding?.keys.map(CommandRegistry.formatKeystroke).join(', ') ?? '';
}

/**
 * The keys of what can be done to a row.
 */
export function rowShortcuts(commands: CommandRegistry): Shortcuts {
  return Object.fromEntries(
    ROW_COMMANDS.map(name => [name, keysOf(commands, CommandIDs[name])])
  ) as Shortcuts;
}
