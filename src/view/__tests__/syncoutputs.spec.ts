import type * as nbformat from '@jupyterlab/nbformat';
import { OutputAreaModel } from '@jupyterlab/outputarea';

import { syncOutputs } from '../syncoutputs';
import { stream } from './fakes';

const out = (text: string) => stream(text).output;
const err = (text: string) => stream(text, 'stderr').output;
const data = (text: string): nbformat.IOutput => ({
  output_type: 'display_data',
  data: { 'text/plain': text },
  metadata: {}
});

describe('syncOutputs', () => {
  let model: OutputAreaModel;
  let shown: nbformat.IOutput[];
  let clears: number;

  beforeEach(() => {
    model = new OutputAreaModel({ trusted: false });
    shown = [];
    clears = 0;
    model.changed.connect((_, args) => {
      clears += args.type === 'clear' ? 1 : 0;
    });
  });

  afterEach(() => {
    model.dispose();
  });

  function show(...next: nbformat.IOutput[]): void {
    syncOutputs(model, shown, next);
    shown = next;
    expect(model.length).toBe(next.length);
  }

  it('adds what is new, and joins what continues', () => {
    const first = data('a');
    show(first, out('one\n'));
    const kept = model.get(1);
    show(first, out('one\ntwo\n'), err('no\n'));
    expect(model.get(1)).toBe(kept);
    expect(kept.streamText?.text).toBe('one\ntwo\n');
    expect(model.get(2).streamText?.text).toBe('no\n');
    expect(clears).toBe(0);
  });

  it('lets a progress bar overwrite itself', () => {
    show(out(' 10%'));
    show(out(' 10%\r 50%'));
    expect(model.get(0).streamText?.text).toBe(' 50%');
    expect(clears).toBe(0);
  });

  it('takes an equal text for the same', () => {
    show(out('one'), data('a'));
    const kept = model.get(0);
    show(out('one'), shown[1]);
    expect(model.get(0)).toBe(kept);
    expect(clears).toBe(0);
  });

  it('updates a display in its place', () => {
    show(data('a'), out('text'));
    show(data('b'), shown[1]);
    expect(model.get(0).data).toMatchObject({ 'text/plain': 'b' });
    show(shown[0], out('text more'));
    expect(model.get(1).streamText?.text).toBe('text more');
    expect(clears).toBe(0);
  });

  it('starts again when it must', () => {
    show(out('one'), data('a'));
    show(out('other'));
    expect(model.get(0).streamText?.text).toBe('other');
    show();
    show(data('c'));
    expect(clears).toBeGreaterThan(0);
  });
});
