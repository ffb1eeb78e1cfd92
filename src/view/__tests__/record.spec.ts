import { parseNotebookRecord } from '../record';

const RECORD = {
  version: 1,
  runtime: 'r1',
  id: 3,
  name: 'download(urls)',
  state: 'finished',
  submitted: 0,
  started: 1,
  ended: 2.5
};

describe('parseNotebookRecord', () => {
  it('reads a record', () => {
    expect(parseNotebookRecord(RECORD)).toEqual({
      runtime: 'r1',
      id: 3,
      name: 'download(urls)',
      state: 'finished',
      started: 1,
      ended: 2.5,
      timedOut: false
    });
  });

  it('takes times that are not there as not known', () => {
    const times = { started: null, ended: undefined };
    expect(parseNotebookRecord({ ...RECORD, ...times })).toMatchObject({
      started: null,
      ended: null
    });
  });

  it('tells a job whose time was up from one that was killed', () => {
    const record = { ...RECORD, state: 'killed', timed_out: true };
    expect(parseNotebookRecord(record)).toMatchObject({ timedOut: true });
    expect(parseNotebookRecord({ ...record, timed_out: 1 })?.timedOut).toBe(
      false
    );
  });

  it('keeps nothing of what it does not know', () => {
    expect(
      parseNotebookRecord({ ...RECORD, html: '<script>' })
    ).not.toHaveProperty('html');
  });

  it('shortens a name without end', () => {
    const name = 'x'.repeat(1_000_000);
    expect(parseNotebookRecord({ ...RECORD, name })?.name).toHaveLength(200);
  });

  it.each([
    null,
    undefined,
    'record',
    7,
    [],
    {},
    { ...RECORD, version: 2 },
    { ...RECORD, runtime: '' },
    { ...RECORD, runtime: {} },
    { ...RECORD, id: '3' },
    { ...RECORD, id: 0 },
    { ...RECORD, id: 1.5 },
    { ...RECORD, id: NaN },
    { ...RECORD, name: { toString: () => 'name' } },
    { ...RECORD, state: 'constructor' },
    { ...RECORD, state: '__proto__' },
    { ...RECORD, state: '<b>running</b>' },
    { ...RECORD, state: ['running'] },
    { ...RECORD, started: '1' },
    { ...RECORD, ended: Infinity }
  ])('refuses %j', data => {
    expect(parseNotebookRecord(data)).toBeNull();
  });
});
