import { tracebackText } from '../traceback';

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
