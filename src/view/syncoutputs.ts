import * as nbformat from '@jupyterlab/nbformat';
import type { IOutputAreaModel } from '@jupyterlab/outputarea';

/**
 * Bring a model that shows `shown` to show `next`, and touch only what differs:
 * a growing log costs what was added to it, and what is on the screen stays.
 *
 * @returns whether that was impossible, so that everything is drawn anew.
 */
export function syncOutputs(
  model: IOutputAreaModel,
  shown: readonly nbformat.IOutput[],
  next: readonly nbformat.IOutput[]
): boolean {
  // The model joins neighbouring streams; its indices are ours only if it had none to join.
  if (model.length !== shown.length || next.length < shown.length) {
    model.fromJSON([...next]);
    return true;
  }
  const last = shown.length - 1;
  for (let index = 0; index < shown.length; index++) {
    const before = shown[index];
    const after = next[index];
    if (before === after) {
      continue;
    }
    const appended = appendedText(before, after);
    if (appended === '') {
      continue;
    }
    if (appended !== null && index === last) {
      // The model joins it with the stream that it continues.
      model.add({ ...after, text: appended });
    } else if (!nbformat.isStream(before) && !nbformat.isStream(after)) {
      model.set(index, after);
    } else {
      // `set` would lose the model's cursor in a stream.
      model.fromJSON([...next]);
      return true;
    }
  }
  next.slice(shown.length).forEach(output => model.add(output));
  return false;
}

/**
 * What a stream got at its end, or null if that is not all that happened to it.
 */
function appendedText(
  before: nbformat.IOutput,
  after: nbformat.IOutput
): string | null {
  if (
    !nbformat.isStream(before) ||
    !nbformat.isStream(after) ||
    before.name !== after.name
  ) {
    return null;
  }
  const textBefore = joined(before.text);
  const textAfter = joined(after.text);
  return textAfter.startsWith(textBefore)
    ? textAfter.slice(textBefore.length)
    : null;
}

function joined(text: nbformat.MultilineString): string {
  return Array.isArray(text) ? text.join('') : text;
}
