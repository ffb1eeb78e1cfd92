import type { History } from '../history';
import {
  asPast,
  boundHistory,
  MAX_JOBS,
  MAX_NOTEBOOK,
  MAX_OUTPUT,
  mergeHistories
} from '../history';
import { parseHistory, storedSize, writeHistory } from '../historyformat';
import { outputTail } from '../outputtail';
import { finishedJob, historyOf, remembered, text } from './historyfixtures';

const stored = (history: History) =>
  JSON.parse(JSON.stringify(writeHistory(history, 1))) as Record<
    string,
    unknown
  > & { jobs: Record<string, unknown>[] };

const parse = (value: unknown) => {
  const warn = jest.fn();
  return { history: parseHistory(value, warn), warn };
};

describe('a stored history', () => {
  const failed = finishedJob(2, {
    state: 'failed',
    error: { ename: 'E', evalue: 'e', traceback: ['a', 'b'] }
  });
  const display = {
    output: {
      output_type: 'display_data',
      data: { 'text/plain': 'x', 'application/json': { a: [1] } },
      metadata: {}
    },
    displayId: 'd'
  };
  const history = historyOf(
    remembered(finishedJob(1), [text('a\n'), display]),
    remembered(failed),
    remembered(finishedJob(3, { state: 'lost', ended: null })),
    remembered(finishedJob(4, { state: 'running', ended: null }), [], 'k2')
  );

  it('is read as it was written', () => {
    const { history: read, warn } = parse(stored(history));
    expect(read).toEqual(history);
    expect(warn).not.toHaveBeenCalled();
  });

  it.each([undefined, null])('may not be there: %p', value => {
    const { history: read, warn } = parse(value);
    expect(read.size).toBe(0);
    expect(warn).not.toHaveBeenCalled();
  });

  it.each([
    'text',
    7,
    [],
    {},
    { version: 2, jobs: [] },
    { version: '1', jobs: [] },
    { version: 1, jobs: {} },
    { version: 1 }
  ])('is left out where it is none: %j', value => {
    const { history: read, warn } = parse(value);
    expect(read.size).toBe(0);
    expect(warn).toHaveBeenCalledTimes(1);
  });

  it.each([
    ['kernel', 1],
    ['kernel', ''],
    ['runtime', 'x'.repeat(101)],
    ['runtime', null],
    ['lost', 'yes'],
    ['record', null],
    ['record', { id: 1 }],
    ['log', null],
    ['log', { items: {}, dropped: 0 }],
    ['log', { items: [{ output_type: 'script' }], dropped: 0 }],
    ['log', { items: [{ output_type: 'stream', text: 1 }], dropped: 0 }],
    ['log', { items: [], dropped: -1 }]
  ])('is left out where a job is malformed: %s', (field, value) => {
    const value_ = stored(history);
    value_.jobs[0][field] = value;
    const { history: read, warn } = parse(value_);
    expect([...read.keys()]).toEqual(['r1:2', 'r1:3', 'r1:4']);
    expect(warn).toHaveBeenCalledTimes(1);
  });

  it.each([
    ['id', -1],
    ['id', '1'],
    ['state', 'lost'],
    ['state', 'toString'],
    ['name', { toString: 1 }],
    ['started', '<img>'],
    ['error', { ename: 'E', evalue: 'e', traceback: 'text' }]
  ])('is left out where a record is malformed: %s %j', (field, value) => {
    const value_ = stored(history);
    (value_.jobs[0].record as Record<string, unknown>)[field] = value;
    expect([...parse(value_).history.keys()]).not.toContain('r1:1');
  });

  it('pollutes no prototype', () => {
    const evil: unknown = JSON.parse(
      '{"version": 1, "__proto__": {"polluted": 1}, "jobs": [{"__proto__": {"polluted": 1}, "kernel": "__proto__", "runtime": "__proto__", "lost": false, "record": {"__proto__": {"polluted": 1}}, "log": {"__proto__": {"polluted": 1}}}]}'
    );
    parse(evil);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });
});

describe('mergeHistories', () => {
  const running = remembered(finishedJob(1, { state: 'running', ended: null }));
  const lost = remembered(finishedJob(1, { state: 'lost' }));
  const finished = remembered(finishedJob(1));

  it.each([
    ['takes the newer', running, lost, lost],
    ['takes an end', lost, finished, finished],
    ['keeps an end that was seen', finished, lost, finished],
    ['keeps an end of a job that seems to run', finished, running, finished]
  ])('%s', (_, before, after, expected) => {
    const merged = mergeHistories(historyOf(before), historyOf(after));
    expect([...merged.values()]).toEqual([expected]);
  });

  it('loses none of either, but what was cleared', () => {
    const other = remembered(finishedJob(1, {}, 'r2'));
    const more = remembered(finishedJob(2, {}, 'r2'));
    const merged = mergeHistories(
      historyOf(finished, other),
      historyOf(more),
      new Set(['r2:1'])
    );
    expect([...merged.keys()]).toEqual(['r1:1', 'r2:2']);
  });
});

describe('boundHistory', () => {
  const bound = (history: History) => boundHistory(history, storedSize);
  const sizeOf = (history: History) => JSON.stringify(stored(history)).length;

  it('keeps the newest jobs, in their order', () => {
    const jobs = Array.from({ length: MAX_JOBS + 5 }, (_, i) =>
      remembered(finishedJob(i + 1))
    );
    const bounded = bound(historyOf(...jobs.reverse()));
    expect(bounded.size).toBe(MAX_JOBS);
    const ids = [...bounded.values()].map(({ job }) => job.id);
    expect(ids[0]).toBe(6);
    expect(ids).toEqual([...ids].sort((a, b) => a - b));
  });

  it('keeps all of them before what the older ones wrote', () => {
    const jobs = Array.from({ length: MAX_JOBS }, (_, i) =>
      remembered(finishedJob(i + 1), [text('x'.repeat(50_000))])
    );
    const bounded = bound(historyOf(...jobs));
    expect(bounded.size).toBe(MAX_JOBS);
    expect(sizeOf(bounded)).toBeLessThan(MAX_NOTEBOOK + 1_000);
    expect(bounded.get('r1:1')?.log.items).toEqual([]);
    expect(bounded.get('r1:100')?.log.dropped).toBeGreaterThan(30_000);
    expect(bounded.get('r1:100')?.log.items).toHaveLength(1);
  });

  it('holds for whatever is long', () => {
    const long = '"\u001b'.repeat(1_000_000);
    const jobs = Array.from({ length: 20 }, (_, i) =>
      remembered(
        finishedJob(i + 1, {
          name: long,
          code: long,
          error: { ename: long, evalue: long, traceback: [long, long] }
        })
      )
    );
    expect(sizeOf(bound(historyOf(...jobs)))).toBeLessThan(MAX_NOTEBOOK + 100);
    const odd = finishedJob(1, { cellId: long });
    expect(bound(historyOf(remembered(odd))).size).toBe(0);
  });

  it('keeps a traceback once', () => {
    const error = { ename: 'E', evalue: 'e', traceback: ['a'] };
    const output = { output_type: 'error', ...error };
    const entry = remembered(finishedJob(1, { state: 'failed', error }), [
      text('a'),
      { output, displayId: null }
    ]);
    expect(bound(historyOf(entry)).get('r1:1')).toEqual(
      remembered(entry.job, [text('a')])
    );
  });

  it('does not change what is within the bounds', () => {
    const history = historyOf(
      remembered(finishedJob(1), [text('a')]),
      remembered(finishedJob(2))
    );
    expect(bound(history)).toEqual(history);
  });
});

describe('outputTail', () => {
  const log = (...items: ReturnType<typeof text>[]) => ({
    items,
    dropped: 1,
    clearPending: true
  });
  const image = {
    output: {
      output_type: 'display_data',
      data: { 'image/png': 'x'.repeat(30_000), 'text/plain': '<Figure>' },
      metadata: { a: 1 }
    },
    displayId: 'd'
  };

  it('keeps whole lines of the end of a text', () => {
    const tail = outputTail(log(text('first line\nlast line\n')), 66);
    expect(tail.items).toEqual([text('last line\n')]);
    expect(tail.dropped).toBe(1 + 'first line\n'.length);
    expect(tail.clearPending).toBe(false);
  });

  it('keeps within the bound what takes more in JSON', () => {
    const tail = outputTail(log(text('\u001b'.repeat(MAX_OUTPUT))), MAX_OUTPUT);
    expect(JSON.stringify(tail.items[0].output).length).toBeLessThanOrEqual(
      MAX_OUTPUT
    );
    expect(tail.items[0].output.text).not.toBe('');
  });

  it('keeps the words for a picture, and nothing before it', () => {
    const tail = outputTail(log(text('before'), image, text('a')), MAX_OUTPUT);
    expect(tail.items.map(({ output }) => output.data ?? output.text)).toEqual([
      { 'text/plain': '<Figure>' },
      'a'
    ]);
  });

  it('keeps nothing where nothing fits', () => {
    expect(outputTail(log(image), 10).items).toEqual([]);
    expect(outputTail(log(text('abc')), 10).items).toEqual([]);
  });
});

describe('asPast', () => {
  it('calls lost what had not ended', () => {
    const running = finishedJob(1, { state: 'running', ended: null });
    expect(asPast(remembered(running), 9).job).toMatchObject({
      state: 'lost',
      ended: 9
    });
    expect(asPast(remembered(finishedJob(1)), 9).job).toEqual(finishedJob(1));
  });
});
