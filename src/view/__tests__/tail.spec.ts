import { visibleTail } from '../tail';
import { makeLog, stream } from './fakes';

describe('visibleTail', () => {
  it('is all of a short log', () => {
    const item = stream('text');
    expect(visibleTail(makeLog([item]))).toEqual({
      outputs: [item.output],
      isCut: false
    });
  });

  it('says when the log itself has lost its beginning', () => {
    expect(visibleTail(makeLog([stream('text')], 5)).isCut).toBe(true);
  });

  it('cuts a long stream at a line, and grows with it', () => {
    const line = 'x'.repeat(99) + '\n';
    const before = visibleTail(makeLog([stream(line.repeat(2500))]));
    const after = visibleTail(makeLog([stream(line.repeat(2600))]));
    expect(before.isCut).toBe(true);
    const [a] = before.outputs.map(output => output.text as string);
    const [b] = after.outputs.map(output => output.text as string);
    expect(a.length).toBeGreaterThanOrEqual(100_000);
    expect(a.length).toBeLessThan(200_000);
    expect(b.startsWith(a)).toBe(true);
  });

  it('stays where it is when the log drops what was not shown', () => {
    const line = 'x'.repeat(99) + '\n';
    const before = visibleTail(makeLog([stream(line.repeat(2500))]));
    const after = visibleTail(makeLog([stream(line.repeat(2490))], 1000));
    expect(after.outputs).toEqual(before.outputs);
  });

  it('leaves out the first of many outputs', () => {
    const items = Array.from({ length: 250 }, (_, i) =>
      stream(`${i}`, i % 2 ? 'stdout' : 'stderr')
    );
    const { outputs, isCut } = visibleTail(makeLog(items));
    expect(isCut).toBe(true);
    expect(outputs).toHaveLength(150);
    expect(outputs[149]).toBe(items[249].output);
  });
});
