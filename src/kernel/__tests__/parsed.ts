import { parseMessage } from '../parsing';

export const mark = {
  version: 1,
  runtime: 'r1',
  job: 3,
  seq: 7,
  in_cell: true
};

/** A message of a job's output, parsed. */
export function output(
  msg_type: string,
  content: object,
  marked: object = mark
) {
  return parseMessage({
    header: { msg_type },
    parent_header: { msg_id: 'm1' },
    metadata: { jupyterlab_jobs: marked },
    content
  });
}

/** An event, parsed. */
export function published(content: unknown) {
  return parseMessage({
    header: { msg_type: 'jobs_event' },
    parent_header: {},
    metadata: {},
    content
  });
}
