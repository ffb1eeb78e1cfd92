import { EMPTY_LOG } from '../../model/outputlog';
import { parseMessage, parseReply } from '../parsing';
import { RequestError } from '../protocol';
import { event, ok, record, snapshot } from './fakekernel';
import { mark, output, published } from './parsed';

describe('parseMessage', () => {
  it('leaves other messages alone', () => {
    for (const metadata of [{}, null, [], { other: mark }]) {
      const message = {
        header: { msg_type: 'stream' },
        parent_header: {},
        metadata,
        content: {}
      };
      expect(parseMessage(message)).toBeNull();
    }
  });

  it('reads an event', () => {
    const message = published(
      event(5, {
        now: 12.5,
        jobs: [
          record(3, {
            cell_id: 'c',
            stopping_since: 4,
            waiting_for: 'job 2',
            kill_reason: 'job 2 failed',
            notify: true,
            hasItems: false,
            progress: { done: 1, total: null, text: 't', rate: 2.5 }
          })
        ],
        removed: [1, 2],
        cells: {
          m1: { cell_id: 'c', log: { items: [], dropped: 0, more: true } }
        },
        removed_cells: ['m0'],
        unknown: true
      })
    );
    expect(message).toEqual({
      kind: 'jobs',
      runtime: 'r1',
      seq: 5,
      now: 12.5,
      removed: [1, 2],
      cells: new Map([['m1', { cellId: 'c', log: EMPTY_LOG }]]),
      removedCells: ['m0'],
      jobs: [
        {
          key: 'r1:3',
          runtime: 'r1',
          id: 3,
          name: 'job 3',
          state: 'running',
          code: 'f(3)',
          cellId: 'c',
          request: null,
          executionCount: null,
          backend: 'thread',
          place: null,
          lane: 'queue',
          submitted: 3,
          started: 3,
          ended: null,
          stoppingSince: 4,
          stuckIn: null,
          timedOut: false,
          waitingFor: 'job 2',
          killReason: 'job 2 failed',
          notify: true,
          hasItems: false,
          progress: { done: 1, total: null, text: 't', rate: 2.5 },
          error: null
        }
      ]
    });
  });

  it.each(['queue', 'express', 'api'])('reads the lane %s', lane => {
    expect(published(event(1, { jobs: [record(1, { lane })] }))).toMatchObject({
      jobs: [{ lane }]
    });
  });

  it('reads where a job is stuck, and that it timed out', () => {
    const fields = { stuck_in: 'fetch, line 12', timed_out: true };
    expect(published(event(1, { jobs: [record(1, fields)] }))).toMatchObject({
      jobs: [{ stuckIn: 'fetch, line 12', timedOut: true }]
    });
    expect(() =>
      published(event(1, { jobs: [record(1, { timed_out: 1 })] }))
    ).toThrow('"timed_out" must be true or false');
  });

  it('reads where a job runs, and takes no link but that of a page', () => {
    const placed = (url: unknown) =>
      published(
        event(1, { jobs: [record(1, { place: { text: 'there', url } })] })
      );
    for (const url of ['http://host:8787/status', 'https://host/x', null]) {
      expect(placed(url)).toMatchObject({
        jobs: [{ place: { text: 'there', url } }]
      });
    }
    for (const url of ['javascript:alert(1)', ' http://x', 'file:///etc', '']) {
      expect(placed(url)).toMatchObject({
        jobs: [{ place: { text: 'there', url: null } }]
      });
    }
    expect(() => placed(1)).toThrow('"url" must be ');
  });

  it('reads a failed job', () => {
    const error = { ename: 'E', evalue: 'v', traceback: ['a', 'b'] };
    expect(
      published(event(1, { jobs: [record(1, { state: 'failed', error })] }))
    ).toMatchObject({ jobs: [{ state: 'failed', error, notify: false }] });
  });

  const bundle = { data: { 'text/plain': 'x' }, metadata: {} };

  it.each([
    [
      'stream',
      { name: 'stdout', text: 'hello' },
      {
        type: 'append',
        item: {
          output: { output_type: 'stream', name: 'stdout', text: 'hello' },
          displayId: null
        }
      }
    ],
    [
      'display_data',
      { ...bundle, transient: { display_id: 'd' } },
      {
        type: 'append',
        item: {
          output: { output_type: 'display_data', ...bundle },
          displayId: 'd'
        }
      }
    ],
    [
      'execute_result',
      { ...bundle, execution_count: 4 },
      {
        type: 'append',
        item: {
          output: {
            output_type: 'execute_result',
            execution_count: 4,
            ...bundle
          },
          displayId: null
        }
      }
    ],
    [
      'update_display_data',
      { ...bundle, transient: { display_id: 'd' } },
      { type: 'update', displayId: 'd', ...bundle }
    ],
    [
      'error',
      { ename: 'E', evalue: 'v', traceback: ['t'] },
      {
        type: 'append',
        item: {
          output: {
            output_type: 'error',
            ename: 'E',
            evalue: 'v',
            traceback: ['t']
          },
          displayId: null
        }
      }
    ],
    ['clear_output', { wait: true }, { type: 'clear', wait: true }]
  ])('reads %s', (type, content, change) => {
    expect(output(type, content)).toEqual({
      kind: 'output',
      runtime: 'r1',
      seq: 7,
      job: 3,
      request: 'm1',
      change
    });
  });

  it('reads what no job has written, and what no cell shows', () => {
    const content = { name: 'stdout', text: '' };
    expect(output('stream', content, { ...mark, job: null })).toMatchObject({
      job: null,
      request: 'm1'
    });
    expect(
      output('stream', content, { ...mark, in_cell: false })
    ).toMatchObject({ job: 3, request: null });
  });

  it.each([
    ['no object', 'text', /"event" must be an object/],
    ['null', null, /"event" must be an object/],
    ['another version', event(1, { version: 2 }), /version 2 /],
    ['no version', event(1, { version: undefined }), /version undefined /],
    ['no runtime', event(1, { runtime: null }), /"runtime" must be text/],
    ['a sequence number as text', event(1, { seq: '1' }), /"seq" .* "1"/],
    ['a fraction', event(1.5), /"seq" must be a count/],
    ['a negative number', event(-1), /"seq" must be a count/],
    ['no clock', event(1, { now: NaN }), /"now" must be a number/],
    ['no list of jobs', event(1, { jobs: {} }), /"jobs" must be a list/],
    ['a job that is no object', event(1, { jobs: [3] }), /"job" must be/],
    ['no cells', event(1, { cells: [] }), /"cells" must be an object/],
    [
      'a cell without a log',
      event(1, { cells: { m1: { cell_id: 'c' } } }),
      /"log" must be an object/
    ],
    [
      'no list of removed cells',
      event(1, { removed_cells: [1] }),
      /"removed_cells" must be text/
    ],
    ['no list of ids', event(1, { removed: ['1'] }), /"removed" must be/],
    [
      'an unknown state',
      event(1, { jobs: [record(1, { state: 'lost' })] }),
      /"state" must be queued or .* is "lost"/
    ],
    [
      'an unknown lane',
      event(1, { jobs: [record(1, { lane: 'slow' })] }),
      /"lane" must be/
    ],
    [
      'no code',
      event(1, { jobs: [record(1, { code: undefined })] }),
      /"code" must be text, and is nothing/
    ],
    [
      'a broken error',
      event(1, { jobs: [record(1, { error: { ename: 'E', evalue: '' } })] }),
      /"traceback" must be a list/
    ]
  ])('refuses %s', (_, content, message) => {
    expect(() => published(content)).toThrow(message);
  });

  it.each([
    ['stream', { name: 'stdin', text: '' }, mark, /"name" must be stdout/],
    ['stream', { name: 'stdout' }, mark, /"text" must be text/],
    ['stream', null, mark, /"stream" must be an object/],
    ['stream', { name: 'stdout', text: '' }, 'mark', /must be an object/],
    ['stream', {}, { ...mark, version: 0 }, /version 0 /],
    ['stream', {}, { ...mark, job: '3' }, /"job" must be a count/],
    ['display_data', { data: 'x' }, mark, /"data" must be an object/],
    ['update_display_data', bundle, mark, /"display_id" must be text/],
    ['clear_output', {}, mark, /"wait" must be true or false/],
    ['comm_msg', {}, mark, /An unknown kind of output: comm_msg/]
  ])('refuses a malformed %s', (type, content, marked, message) => {
    expect(() => output(type, content as object, marked as object)).toThrow(
      message
    );
  });
});

describe('parseReply', () => {
  it('reads a snapshot', () => {
    const items = [
      { output_type: 'stream', name: 'stdout', text: 'a' },
      { output_type: 'display_data', data: {}, metadata: {}, display_id: 'd' }
    ];
    const result = parseReply(
      'snapshot',
      ok(
        snapshot({
          seq: 9,
          now: 1.5,
          jobs: [record(2)],
          outputs: { 2: { items, dropped: 4 } },
          unchanged_outputs: [3],
          unchanged_cells: ['m1']
        })
      )
    );
    expect(result).toMatchObject({
      runtime: 'r1',
      version: '1.0',
      seq: 9,
      now: 1.5,
      jobs: [{ key: 'r1:2' }],
      unchangedOutputs: ['r1:3'],
      unchangedCells: ['m1']
    });
    expect([...result.outputs]).toEqual([
      [
        'r1:2',
        {
          items: [
            { output: items[0], displayId: null },
            {
              output: { output_type: 'display_data', data: {}, metadata: {} },
              displayId: 'd'
            }
          ],
          dropped: 4,
          clearPending: false
        }
      ]
    ]);
  });

  it('reads the other results', () => {
    expect(
      parseReply('submit', ok({ jobs: [], reason: 'It has begun.' }))
    ).toEqual({ jobs: [], reason: 'It has begun.' });
    const killed = { killed: [1], ended: [2] };
    expect(parseReply('kill', ok(killed))).toEqual(killed);
    expect(parseReply('kill_all', ok(killed))).toEqual(killed);
    expect(parseReply('clear', ok({ removed: [3] }))).toEqual({ removed: [3] });
    const part = { text: 'é', next: 5, total: 9 };
    expect(parseReply('output', ok(part))).toEqual(part);
    expect(parseReply('start_now', ok({ waits: true }))).toEqual({
      waits: true
    });
    expect(parseReply('land', ok({ names: ['x'] }))).toEqual({ names: ['x'] });
    const variables = {
      total: 9,
      variables: [{ name: 'x', type: 'int', value: '1' }]
    };
    expect(parseReply('variables', ok(variables))).toEqual(variables);
    const items = {
      total: 9,
      items: [{ index: 4, state: 'finished', text: 'e' }]
    };
    expect(parseReply('items', ok(items))).toEqual(items);
  });

  it.each([1, 2, undefined])('reads a refusal of version %s', version => {
    const error = { status: 'error', ename: 'NoSuchJob', evalue: 'no job 7' };
    const refusal = new RequestError('NoSuchJob', 'no job 7');
    expect(() => parseReply('kill', { version, ...error })).toThrow(refusal);
    expect(refusal.message).toBe('NoSuchJob: no job 7');
  });

  it.each([
    ['nothing', undefined, /"reply" must be an object/],
    ['another version', { ...ok({}), version: 2 }, /version 2 .* the page 1/],
    [
      'an unknown status',
      { ...ok({}), status: 'maybe' },
      /"status" must be ok/
    ],
    ['no runtime', { ...ok({}), runtime: 1 }, /"runtime" must be text/],
    ['no result', { ...ok({}), result: null }, /"result" must be an object/],
    ['an incomplete result', ok({ killed: [1] }), /"ended" must be a list/]
  ])('refuses %s', (_, content, message) => {
    expect(() => parseReply('kill', content)).toThrow(message);
  });

  it.each([
    ['an id that is none', { outputs: { x: { items: [], dropped: 0 } } }],
    ['an unknown output', { outputs: { 1: { items: [{}], dropped: 0 } } }],
    ['no count', { outputs: { 1: { items: [] } } }]
  ])('refuses a snapshot with %s', (_, fields) => {
    expect(() => parseReply('snapshot', ok(snapshot(fields)))).toThrow(
      'Malformed message'
    );
  });
});
