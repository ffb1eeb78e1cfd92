import { Notification } from '@jupyterlab/apputils';

import { reportFailure } from '../reportfailure';

describe('reportFailure', () => {
  const shown = () =>
    Notification.manager.notifications.map(({ message }) => message);

  afterEach(() => {
    Notification.dismiss();
    jest.restoreAllMocks();
  });

  it('says what has failed, and why', async () => {
    jest.spyOn(console, 'error').mockImplementation();
    await reportFailure(
      Promise.reject(new Error('The kernel has not answered.')),
      'Failed to kill job 3.'
    );
    expect(shown()).toEqual([
      'Failed to kill job 3. The kernel has not answered.'
    ]);
  });

  it('says nothing if all went well, or nothing was asked for', async () => {
    await reportFailure(Promise.resolve(), 'Failed.');
    await reportFailure(undefined, 'Failed.');
    expect(shown()).toEqual([]);
  });
});
