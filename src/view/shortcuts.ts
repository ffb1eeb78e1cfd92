/** What can be done to the row that has the focus by a key. */
export const ROW_COMMANDS = ['kill', 'rerun', 'goToCell', 'remove'] as const;

/**
 * The keys for it, as they are shown: "Ctrl+Enter"; empty where there are none.
 */
export type Shortcuts = Readonly<Record<(typeof ROW_COMMANDS)[number], string>>;

/**
 * As long as nothing is known of keys.
 */
export const NO_SHORTCUTS: Shortcuts = {
  kill: '',
  rerun: '',
  goToCell: '',
  remove: ''
};

/**
 * A tooltip with the keys that do the same.
 */
export function withKeys(text: string, keys = ''): string {
  return keys ? `${text} (${keys})` : text;
}
