import { RunActions } from '../lane';

describe('RunActions', () => {
  const job = {
    kind: 'jobs',
    busy: true,
    ready: true,
    policy: 'when safe'
  } as const;
  const code = {
    kind: 'none',
    busy: true,
    ready: true,
    policy: 'when safe'
  } as const;
  const mixed = {
    kind: 'mixed',
    busy: true,
    ready: true,
    policy: 'when safe'
  } as const;

  let actions: RunActions;
  const notebook = {};

  beforeEach(() => {
    jest.useFakeTimers();
    actions = new RunActions();
  });

  afterEach(() => {
    jest.useRealTimers();
  });

  it('lets a job pass a busy kernel', () => {
    expect(actions.lane(notebook, job)).toBe('express');
    expect(actions.lane(notebook, job)).toBe('express');
  });

  it.each([
    ['idle', { ...job, busy: false }],
    ['without a runtime', { ...job, ready: false }],
    ['not to be overtaken', { ...job, policy: 'never' as const }]
  ])('leaves a job in the queue of a kernel that is %s', (_, cell) => {
    expect(actions.lane(notebook, cell)).toBe('queue');
  });

  it.each([
    ['ordinary code', code],
    ['a mixed cell', mixed]
  ])('holds a job back behind %s of the same action', (_, before) => {
    expect(actions.lane(notebook, job)).toBe('express');
    expect(actions.lane(notebook, before)).toBe('queue');
    expect(actions.lane(notebook, job)).toBe('queue');
    expect(actions.lane(notebook, job)).toBe('queue');
  });

  it('holds back even when the code of an action is still being handed on', async () => {
    actions.lane(notebook, code);
    await Promise.resolve();
    expect(actions.lane(notebook, job)).toBe('queue');
  });

  it('forgets an action when it is over', () => {
    actions.lane(notebook, code);
    jest.runAllTimers();
    expect(actions.lane(notebook, job)).toBe('express');
  });

  it('tells the notebooks apart', () => {
    actions.lane(notebook, code);
    expect(actions.lane({}, job)).toBe('express');
  });
});
