import { nullTranslator } from '@jupyterlab/translation';

import type { IJobOutput } from '../../model/job';
import type { IJob } from '../../model/job';
import { lastLine } from '../lastline';
import { settleLine } from '../terminaltext';
import { makeJob, makeLog, stream } from './fakes';

const trans = nullTranslator.load('');

const lineOf = (...items: IJobOutput[]) =>
  lastLine(makeJob(1), makeLog(items), trans);

const display = (data: Record<string, unknown>): IJobOutput => ({
  output: { output_type: 'display_data', data, metadata: {} } as never,
  displayId: null
});

describe('lastLine', () => {
  it('is empty without output', () => {
    expect(lastLine(makeJob(1), undefined, trans)).toBe('');
    expect(lineOf(stream(' \n\n'))).toBe('');
  });

  it('skips empty lines and outputs without text', () => {
    expect(
      lineOf(stream('first\nsecond\n\n  \n'), display({ 'image/png': 'x' }))
    ).toBe('second');
  });

  it('is the present state of a progress bar', () => {
    expect(lineOf(stream('a\n 10%\r 50%\r100%'))).toBe('100%');
    expect(lineOf(stream('100%|####|\r 50%\r'))).toBe('50%|####|');
    expect(lineOf(stream('a long text\r\x1b[Kshort'))).toBe('short');
  });

  it('leaves colours and control characters out', () => {
    expect(lineOf(stream('\x1b[1;31mred\x1b[0m\x07 \x1b]0;title\x07end'))).toBe(
      'red end'
    );
  });

  it('looks at the end only of a very long line of progress', () => {
    const progress = Array.from(
      { length: 50_000 },
      (_, i) => `\r${i} of 50000`
    );
    expect(lineOf(stream(progress.join('')))).toBe('49999 of 50000');
  });

  it('shows the beginning of a very long line, and not all of it', () => {
    const line = lineOf(stream('begin ' + 'x'.repeat(1_000_000)));
    expect(line.startsWith('begin xxx')).toBe(true);
    expect(line.length).toBeLessThanOrEqual(300);
  });

  it('takes the text of results and errors', () => {
    expect(lineOf(display({ 'text/plain': ['[1 rows]\n', 'end'] }))).toBe(
      'end'
    );
    expect(
      lineOf({
        output: {
          output_type: 'error',
          ename: 'KeyError',
          evalue: "'a'",
          traceback: []
        },
        displayId: null
      })
    ).toBe("KeyError: 'a'");
  });

  it('prefers what went wrong', () => {
    const error = { ename: 'E', evalue: 'one\ntwo', traceback: [] };
    const log = makeLog([stream('text')]);
    expect(lastLine(makeJob(1, { error }), log, trans)).toBe('E: one');
    const silent = { ename: 'KeyboardInterrupt', evalue: '', traceback: [] };
    expect(lastLine(makeJob(1, { error: silent }), log, trans)).toBe(
      'KeyboardInterrupt'
    );
  });
});

describe('settleLine', () => {
  it('applies backspaces, at most to the beginning', () => {
    expect(settleLine('abc\b\bX')).toBe('aXc');
    expect(settleLine('\b\bab')).toBe('ab');
  });

  it.each([
    [
      { state: 'queued', waitingFor: 'cell [*]: it defines `urls`' },
      'waiting for cell [*]: it defines `urls`'
    ],
    [{ state: 'running', waitingFor: 'its turn' }, ''],
    [
      {
        state: 'killed',
        killReason: 'job 3, after which it was to run, failed'
      },
      'job 3, after which it was to run, failed'
    ],
    [
      { progress: { done: 12, total: 100, text: 'epoch 3', rate: 3.14 } },
      '12 of 100 · 3.1/s · 28 s left · epoch 3'
    ],
    [
      { progress: { done: 1234567, total: null, text: '', rate: 0.02 } },
      '1,234,567 · 0.02/s'
    ],
    [
      {
        state: 'finished',
        progress: { done: 1, total: 1, text: '', rate: null }
      },
      ''
    ]
  ] as [Partial<IJob>, string][])('says of %j: %s', (fields, line) => {
    expect(lastLine(makeJob(1, fields), undefined, trans)).toBe(line);
  });
});
