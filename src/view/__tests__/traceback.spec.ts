import { errorLine, tracebackText } from '../traceback';

describe('tracebackText', () => {
  it('is the traceback without its colours', () => {
    expect(
      tracebackText({
        ename: 'E',
        evalue: 'v',
        traceback: ['\x1b[0;31mE\x1b[0m  Traceback', '\x1b[38;5;28;01mline']
      })
    ).toBe('E  Traceback\nline');
  });

  it('is the error where there is no traceback', () => {
    expect(tracebackText({ ename: 'E', evalue: 'v', traceback: [] })).toBe(
      'E: v'
    );
  });
});

describe('errorLine', () => {
  const error = (...traceback: string[]) => ({
    ename: 'E',
    evalue: 'v',
    traceback
  });

  it('is the innermost line of the notebook', () => {
    expect(
      errorLine(
        error(
          '\x1b[36mCell\x1b[39m \x1b[32mIn[12]\x1b[39m\x1b[32m, line 3\x1b[39m',
          'Cell In[4], line 27, in f(x)',
          'File /lib/python/json/decoder.py:355, in raw_decode'
        )
      )
    ).toEqual({ executionCount: 4, line: 27 });
  });

  it('is null where no cell is in the traceback', () => {
    expect(errorLine(error('File a.py:3, in f'))).toBeNull();
    expect(errorLine(error())).toBeNull();
  });
});
