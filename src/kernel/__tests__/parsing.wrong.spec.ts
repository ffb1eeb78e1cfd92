import { parseMessage, parseReply } from '../parsing';
import type { Method } from '../protocol';
import { event, ok, record, snapshot } from './fakekernel';
import { mark, output, published } from './parsed';

describe('what is wrong is named', () => {
  const item = { output_type: 'stream', name: 'stdout', text: '' };
  const log = { items: [item], dropped: 0 };
  const whole = record(1, {
    execution_count: 1,
    ended: 1,
    stopping_since: 1,
    place: { text: '', url: null },
    progress: { done: 1, total: 2, text: '', rate: 1 },
    error: { ename: 'E', evalue: '', traceback: [] }
  }) as Record<string, object>;

  function refuses(
    read: (fields: object) => unknown,
    content: object,
    fields: readonly string[]
  ) {
    // What is read is whole but for that one field.
    expect(() => read(content)).not.toThrow();
    for (const field of fields) {
      const { [field]: right } = content as Record<string, unknown>;
      const wrong = typeof right === 'number' ? 'text' : 1;
      expect(() => read({ ...content, [field]: wrong })).toThrow(
        `"${field}" must be`
      );
    }
  }

  it('in a record', () => {
    const read = (fields: object) =>
      published(event(1, { jobs: [{ ...whole, ...fields }] }));
    refuses(read, whole, [
      ...['id', 'name', 'state', 'code', 'cell_id', 'request'],
      ...['execution_count', 'backend', 'place', 'lane', 'submitted'],
      ...['started', 'ended', 'stopping_since', 'stuck_in', 'timed_out'],
      ...['waiting_for', 'kill_reason', 'notify', 'has_items', 'progress'],
      'error'
    ]);
    const part = (name: string) => (fields: object) => read({ [name]: fields });
    refuses(part('place'), whole.place, ['text', 'url']);
    const progress = ['done', 'total', 'text', 'rate'];
    refuses(part('progress'), whole.progress, progress);
    refuses(part('error'), whole.error, ['ename', 'evalue', 'traceback']);
  });

  it('in an event', () => {
    const fields = ['runtime', 'seq', 'now', 'removed', 'cells'];
    refuses(published, event(1), [...fields, 'removed_cells']);
    refuses(
      cell => published(event(1, { cells: { m1: cell } })),
      { cell_id: 'c', log },
      ['cell_id', 'log']
    );
  });

  it('in a log', () => {
    const read = (log: object) =>
      parseReply('snapshot', ok(snapshot({ outputs: { 1: log } })));
    refuses(read, log, ['items', 'dropped', 'clear_pending']);
    refuses(
      (item: object) => read({ ...log, items: [item] }),
      { ...item, display_id: 'd' },
      ['output_type', 'display_id', 'name', 'text']
    );
  });

  it('in an output', () => {
    const content = { name: 'stderr', text: '' };
    const marked = (mark: object) => output('stream', content, mark);
    refuses(marked, mark, ['runtime', 'seq', 'job', 'in_cell']);
    refuses(content => output('stream', content), content, ['name', 'text']);
    const result = { data: {}, metadata: {}, execution_count: 1 };
    refuses(content => output('execute_result', content), result, [
      ...['data', 'metadata', 'execution_count', 'transient']
    ]);
    const message = { parent_header: { msg_id: 'm1' }, content };
    refuses(
      fields =>
        parseMessage({
          header: { msg_type: 'stream' },
          metadata: { jupyterlab_jobs: mark },
          ...message,
          ...fields
        }),
      message,
      ['parent_header']
    );
  });

  it('in a reply', () => {
    const reply = (method: Method) => (result: object) =>
      parseReply(method, ok(result));
    refuses(reply('snapshot'), snapshot({ since: 0 }), [
      ...['package', 'seq', 'now', 'jobs', 'outputs', 'cells', 'since'],
      ...['unchanged_outputs', 'unchanged_cells']
    ]);
    refuses(reply('submit'), { jobs: [], reason: '' }, ['jobs', 'reason']);
    refuses(reply('start_now'), { waits: true }, ['waits']);
    refuses(reply('clear'), { removed: [1] }, ['removed']);
    refuses(reply('land'), { names: ['x'] }, ['names']);
    const part = { text: '', next: 1, total: 2 };
    refuses(reply('output'), part, ['text', 'next', 'total']);
    const variable = { name: 'x', type: 'int', value: '1' };
    const variables = { total: 1, variables: [variable] };
    refuses(reply('variables'), variables, ['total', 'variables']);
    refuses(
      variable => reply('variables')({ ...variables, variables: [variable] }),
      variable,
      ['name', 'type', 'value']
    );
    const items = {
      total: 1,
      items: [{ index: 0, state: 'finished', text: '' }]
    };
    refuses(reply('items'), items, ['total', 'items']);
    refuses(
      item => reply('items')({ ...items, items: [item] }),
      items.items[0],
      ['index', 'state', 'text']
    );
  });

  it('in a refusal', () => {
    for (const [fields, field] of [
      [{ ename: 1, evalue: '' }, 'ename'],
      [{ ename: 'E', evalue: 1 }, 'evalue']
    ] as const) {
      const refusal = { status: 'error', ...fields };
      expect(() => parseReply('kill', refusal)).toThrow(`"${field}" must be`);
    }
  });
});
