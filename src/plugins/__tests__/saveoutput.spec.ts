import { nullTranslator } from '@jupyterlab/translation';

import {
  FakeKernelJobs,
  makeJob,
  makeLog,
  stream
} from '../../view/__tests__/fakes';
import { fileName, saveOutput } from '../saveoutput';

const trans = nullTranslator.load('test');

describe('fileName', () => {
  it.each([
    ['train', 'job-3-train.txt'],
    ['download("a/b", *urls)', 'job-3-download-a-b-urls.txt'],
    ['../../etc/passwd', 'job-3-etc-passwd.txt'],
    ['größe_2.csv laden', 'job-3-größe_2.csv-laden.txt'],
    ['!!', 'job-3.txt'],
    ['x'.repeat(500), `job-3-${'x'.repeat(80)}.txt`]
  ])('of %j', (name, expected) => {
    expect(fileName({ id: 3, name }, trans)).toBe(expected);
  });
});

describe('saveOutput', () => {
  let saved: { name: string; blob: Blob }[];

  beforeEach(() => {
    jest.useFakeTimers();
    saved = [];
    let last: Blob;
    // jsdom has neither.
    URL.createObjectURL = jest.fn(blob => {
      last = blob as Blob;
      return 'blob:1';
    });
    URL.revokeObjectURL = jest.fn();
    jest
      .spyOn(HTMLAnchorElement.prototype, 'click')
      .mockImplementation(function (this: HTMLAnchorElement) {
        expect(this.href).toBe('blob:1');
        saved.push({ name: this.download, blob: last });
      });
  });

  afterEach(() => {
    jest.useRealTimers();
    jest.restoreAllMocks();
  });

  const text = (blob: Blob) =>
    new Promise(resolve => {
      const reader = new FileReader();
      reader.onload = () => resolve(reader.result);
      reader.readAsText(blob);
    });

  it('downloads all that the kernel has', async () => {
    const job = makeJob(3, { name: 'train' });
    const kernel = new FakeKernelJobs([job]);
    await saveOutput({ job, kernel }, trans);
    expect(saved.map(({ name }) => name)).toEqual(['job-3-train.txt']);
    jest.runAllTimers();
    expect(URL.revokeObjectURL).toHaveBeenCalledWith('blob:1');
    jest.useRealTimers();
    expect(await text(saved[0].blob)).toBe('all of 3, in two parts');
  });

  it('downloads what the page has of a job whose session is over', async () => {
    const job = makeJob(3, { state: 'lost', runtime: 'former' });
    const kernel = new FakeKernelJobs([job]);
    const shown = { 'text/plain': 'shown' };
    const log = makeLog([
      stream('printed\n'),
      {
        output: { output_type: 'display_data', data: shown, metadata: {} },
        displayId: null
      },
      {
        output: {
          output_type: 'error',
          ename: 'E',
          evalue: '',
          traceback: ['Traceback', 'E']
        },
        displayId: null
      }
    ]);
    kernel.change({ outputs: new Map([[job.key, log]]) });
    await saveOutput({ job, kernel }, trans);
    jest.useRealTimers();
    expect(await text(saved[0].blob)).toBe('printed\nshown\nTraceback\nE\n');
  });

  it('saves nothing if the kernel does not answer', async () => {
    const job = makeJob(3);
    const kernel = new FakeKernelJobs([job]);
    jest.spyOn(kernel, 'output').mockImplementation(async function* () {
      yield 'a part';
      await Promise.reject(new Error('gone'));
    });
    await expect(saveOutput({ job, kernel }, trans)).rejects.toThrow('gone');
    expect(saved).toEqual([]);
  });
});
