import * as fc from 'fast-check';

import { messages } from '../../model/__tests__/messages';
import { INITIAL_STATE, reduce } from '../../model/reducer';
import { ProtocolError } from '../fields';
import { parseMessage, parseReply } from '../parsing';
import type { IPublished, JobsMessage } from '../protocol';
import { RequestError } from '../protocol';
import { event, ok, record, snapshot } from './fakekernel';

type Json = fc.JsonValue;

const cell = {
  cell_id: 'c',
  log: {
    items: [
      {
        output: { output_type: 'stream', name: 'stdout', text: 'a' },
        display_id: 'd'
      }
    ],
    dropped: 3,
    clear_pending: false
  }
};

const VALID: readonly Json[] = [
  event(1, {
    jobs: [
      record(1, {
        progress: { done: 1, total: 3, text: 't', rate: null },
        error: { ename: 'E', evalue: 'v', traceback: ['t'] },
        place: { text: 'worker', url: 'http://localhost' }
      })
    ],
    removed: [2],
    cells: { m1: cell },
    removed_cells: ['m0']
  }),
  { name: 'stdout', text: 'a' },
  { data: { 'text/plain': 'a' }, metadata: {}, transient: {} }
] as Json[];

const SNAPSHOT = snapshot({
  jobs: [record(1)],
  outputs: { 1: cell.log },
  cells: { m1: cell }
}) as unknown as Json;

/** A valid value, one part of which is any other JSON value, or missing. */
function damaged(value: Json): fc.Arbitrary<Json> {
  const paths: (readonly (string | number)[])[] = [];
  const visit = (part: Json, path: readonly (string | number)[]) => {
    paths.push(path);
    if (Array.isArray(part)) {
      part.forEach((item, index) => visit(item, [...path, index]));
    } else if (typeof part === 'object' && part !== null) {
      for (const [key, item] of Object.entries(part)) {
        visit(item as Json, [...path, key]);
      }
    }
  };
  visit(value, []);
  return fc
    .tuple(
      fc.constantFrom(...paths),
      fc.option(fc.jsonValue(), { nil: undefined })
    )
    .map(([path, other]) => replaced(value, path, other));
}

function replaced(
  value: Json,
  [key, ...rest]: readonly (string | number)[],
  other: Json | undefined
): Json {
  if (key === undefined) {
    return other ?? null;
  }
  const copy = (
    Array.isArray(value) ? [...value] : { ...(value as object) }
  ) as Record<string | number, Json>;
  if (rest.length === 0 && other === undefined) {
    delete copy[key];
  } else {
    copy[key] = replaced(copy[key], rest, other);
  }
  return copy;
}

/** What comes of reading, where errors for people are fine, and no others. */
function read<T>(parse: () => T): T | null {
  try {
    return parse();
  } catch (error) {
    if (error instanceof ProtocolError || error instanceof RequestError) {
      expect(error.message).not.toBe('');
      return null;
    }
    throw error;
  }
}

const mark = {
  version: 1,
  runtime: 'r1',
  job: 1,
  seq: 1,
  in_cell: true
} as Json;

const published: fc.Arbitrary<IPublished> = fc.oneof(
  ...VALID.map(content =>
    fc.record({
      header: fc.record({
        msg_type: fc.constantFrom(
          'jobs_event',
          'stream',
          'display_data',
          'update_display_data',
          'clear_output',
          'error',
          'status'
        )
      }),
      parent_header: fc.oneof(fc.constant({ msg_id: 'm1' }), fc.jsonValue()),
      metadata: fc.oneof(
        damaged(mark).map(jupyterlab_jobs => ({ jupyterlab_jobs })),
        fc.jsonValue()
      ),
      content: fc.oneof(damaged(content), fc.jsonValue())
    })
  )
);

it('reads any message, or says what is wrong with it', () => {
  fc.assert(
    fc.property(published, message => {
      const known = parseReply('snapshot', ok(snapshot()));
      const parsed = read((): JobsMessage | null => parseMessage(message));
      if (parsed) {
        const state = reduce(INITIAL_STATE, {
          type: 'snapshot',
          snapshot: known,
          at: 0
        });
        reduce(state, messages(parsed));
      }
    }),
    { numRuns: 2_000 }
  );
});

it('reads any reply, or says what is wrong with it', () => {
  const reply = fc.oneof(
    damaged(SNAPSHOT).map(result => ok(result as object) as unknown),
    damaged(ok(SNAPSHOT as object) as Json),
    fc.jsonValue()
  );
  fc.assert(
    fc.property(reply, content => {
      const snapshot = read(() => parseReply('snapshot', content));
      if (snapshot) {
        reduce(INITIAL_STATE, { type: 'snapshot', snapshot, at: 0 });
      }
    }),
    { numRuns: 2_000 }
  );
});
