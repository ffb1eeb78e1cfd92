import { nullTranslator } from '@jupyterlab/translation';

import { ProtocolError } from '../fields';
import { RequestError } from '../protocol';
import { refusalText } from '../refusaltext';

describe('refusalText', () => {
  const text = (error: unknown) =>
    refusalText(error, nullTranslator.load('test'));

  it.each([
    new ProtocolError('Malformed message.'),
    new RequestError('ProtocolError', 'unknown protocol version 2')
  ])('says what to do if the versions differ: %s', error => {
    expect(text(error)).toContain('different versions of jupyterlab-jobs');
    expect(text(error)).toContain('Restart the kernel and reload the page.');
  });

  it('passes on any other refusal, and nothing else', () => {
    expect(text(new RequestError('ValueError', 'no'))).toBe('ValueError: no');
    expect(text(new Error('no answer'))).toBeNull();
  });
});
