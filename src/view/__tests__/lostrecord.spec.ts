import type * as nbformat from '@jupyterlab/nbformat';

import { lostRecord } from '../lostrecord';
import { JOB_RECORD_MIME_TYPE, parseNotebookRecord } from '../record';
import { makeJob } from './fakes';

const RECORD = {
  version: 1,
  runtime: 'r1',
  id: 3,
  name: 'f()',
  state: 'running',
  submitted: 0,
  started: 1,
  ended: null
};

const LOST = new Map([
  ['r1:3', makeJob(3, { name: 'f()', state: 'lost', ended: 7 })]
]);

const display = (data: nbformat.IMimeBundle): nbformat.IOutput => ({
  output_type: 'display_data',
  metadata: {},
  data
});

describe('lostRecord', () => {
  it('says that the job is lost, to everybody', () => {
    const output = lostRecord(
      display({ [JOB_RECORD_MIME_TYPE]: RECORD, 'text/plain': 'running' }),
      LOST
    );
    expect(parseNotebookRecord(output?.data[JOB_RECORD_MIME_TYPE])).toEqual({
      ...parseNotebookRecord(RECORD),
      state: 'lost',
      ended: 7
    });
    expect(output?.data['text/plain']).toBe(
      'Job 3 · f() · lost: its kernel has ended'
    );
  });

  it.each<nbformat.IOutput>([
    display({ [JOB_RECORD_MIME_TYPE]: { ...RECORD, id: 4 } }),
    display({ [JOB_RECORD_MIME_TYPE]: { ...RECORD, runtime: 'r2' } }),
    display({ [JOB_RECORD_MIME_TYPE]: 'text' }),
    display({ 'text/plain': 'text' }),
    { output_type: 'display_data' },
    { output_type: 'stream', name: 'stdout', text: 'text' }
  ])('leaves all else alone (%#)', output => {
    expect(lostRecord(output, LOST)).toBeNull();
  });
});
