import type { JobsMessage } from '../kernel/protocol';
import type { ChangedMap } from './changedmap';
import type { ICellLog, IJob, IOutputLog } from './job';
import { jobKey } from './job';
import { applyOutput, EMPTY_LOG, isEmptyLog, OF_CELL } from './outputlog';

/**
 * The present session of a kernel, as far as its messages were followed.
 */
export interface IFollowed {
  readonly runtime: string;
  /** The number of the last message that is part of the state. */
  readonly seq: number;
  /** What the kernel's clock is ahead of the page's, in seconds. */
  readonly clockOffset: number;
}

/**
 * The maps of a state to come.
 */
export interface IChangedMaps {
  readonly jobs: ChangedMap<string, IJob>;
  readonly outputs: ChangedMap<string, IOutputLog>;
  readonly cells: ChangedMap<string, ICellLog>;
}

/**
 * Apply the message whose turn it is to maps that are not yet part of a state.
 *
 * @param at - the page's clock, in seconds.
 */
export function applyMessage(
  { jobs, outputs, cells }: IChangedMaps,
  session: IFollowed,
  message: JobsMessage,
  at: number
): IFollowed {
  const { runtime, seq } = message;
  switch (message.kind) {
    case 'jobs':
      for (const job of message.jobs) {
        jobs.set(job.key, job);
      }
      for (const id of message.removed) {
        jobs.delete(jobKey(runtime, id));
        outputs.delete(jobKey(runtime, id));
      }
      for (const [request, cell] of message.cells) {
        cells.set(request, cell);
      }
      for (const request of message.removedCells) {
        cells.delete(request);
      }
      return {
        runtime,
        seq,
        // The least delayed message tells the most about the kernel's clock.
        clockOffset: Math.max(session.clockOffset, message.now - at)
      };
    case 'output': {
      const { job, request, change } = message;
      if (job !== null) {
        const key = jobKey(runtime, job);
        const log = applyOutput(outputs.get(key) ?? EMPTY_LOG, change);
        if (isEmptyLog(log)) {
          outputs.delete(key);
        } else {
          outputs.set(key, log);
        }
      }
      // A display is updated wherever it stands. Of a cell that has just started its first
      // job, all that it shows will be told in one.
      const affected =
        change.type === 'update'
          ? [...cells.keys()]
          : request !== null
            ? [request]
            : [];
      for (const id of affected) {
        const cell = cells.get(id);
        if (cell) {
          const log = applyOutput(cell.log, change, OF_CELL);
          if (log !== cell.log) {
            cells.set(id, { ...cell, log });
          }
        }
      }
      return { ...session, seq };
    }
  }
}
