import type * as nbformat from '@jupyterlab/nbformat';

import type {
  ICellLog,
  IItemRange,
  IJob,
  IJobItems,
  IJobOutput,
  IJobVariables,
  IOutputLog
} from '../model/job';

// The wire between the page and the runtime, as docs/protocol.md tells it. What
// arrives is read in parsing.ts, once; beyond that everything has its type.

/** The only version of the protocol that this page speaks. */
export const PROTOCOL_VERSION = 1;

/** The message type of a request, on the control channel. */
export const REQUEST_TYPE = 'jobs_request';

/** The message type of an event, on IOPub. */
export const EVENT_TYPE = 'jobs_event';

/** The metadata field that marks an output message as a job's. */
export const OUTPUT_METADATA = 'jupyterlab_jobs';

/**
 * What the runtime has published up to `seq`.
 */
export interface ISnapshot {
  readonly runtime: string;
  /** The version of the Python package. */
  readonly version: string;
  readonly seq: number;
  /** The kernel's clock. */
  readonly now: number;
  readonly jobs: readonly IJob[];
  /** By the job's key. */
  readonly outputs: ReadonlyMap<string, IOutputLog>;
  /** By the id of the execute request. */
  readonly cells: ReadonlyMap<string, ICellLog>;
  /**
   * Logs that have not changed after this number are only named; null if all are there.
   */
  readonly since: number | null;
  /** Keys of jobs. */
  readonly unchangedOutputs: readonly string[];
  /** Ids of execute requests. */
  readonly unchangedCells: readonly string[];
}

/**
 * Up to which message a page has everything.
 */
export interface ISince {
  readonly runtime: string;
  readonly seq: number;
}

/**
 * The requests: what each is sent with, and what is answered.
 */
export interface IRequests {
  readonly snapshot: {
    readonly params: { readonly since: ISince | null };
    readonly result: ISnapshot;
  };
  readonly submit: {
    readonly params: {
      readonly code: string;
      readonly cell_id: string;
      readonly parent: Readonly<Record<string, unknown>>;
      /** The cells for which a job may have to wait; null to wait for none. */
      readonly ahead:
        readonly { readonly msg_id: string; readonly code: string }[] | null;
    };
    readonly result: {
      readonly jobs: readonly number[];
      /** Why nothing was started. */
      readonly reason: string | null;
    };
  };
  readonly kill: {
    readonly params: { readonly jobs: readonly number[] };
    readonly result: IKilled;
  };
  readonly start_now: {
    readonly params: { readonly job: number };
    readonly result: { readonly waits: boolean };
  };
  readonly configure: {
    readonly params: {
      readonly limit: number | null;
      readonly backend: string;
      readonly shown: number;
    };
    readonly result: Readonly<Record<string, never>>;
  };
  readonly kill_all: {
    readonly params: Readonly<Record<string, never>>;
    readonly result: IKilled;
  };
  readonly clear: {
    /** Null for all that have ended. */
    readonly params: { readonly jobs: readonly number[] | null };
    readonly result: { readonly removed: readonly number[] };
  };
  readonly land: {
    readonly params: { readonly job: number };
    readonly result: { readonly names: readonly string[] };
  };
  readonly variables: {
    readonly params: { readonly job: number };
    readonly result: IJobVariables;
  };
  readonly items: {
    readonly params: IItemRange & { readonly job: number };
    readonly result: IJobItems;
  };
  readonly output: {
    readonly params: {
      readonly job: number;
      /** The first character, counted from 0. */
      readonly offset: number;
      /** How many at most; the kernel may have a limit of its own. */
      readonly limit: number;
    };
    readonly result: IOutputPart;
  };
}

/**
 * A part of what a job has written.
 */
export interface IOutputPart {
  readonly text: string;
  /** Where the next part begins. */
  readonly next: number;
  /** How many characters there are by now. */
  readonly total: number;
}

/**
 * The answer to a kill.
 */
export interface IKilled {
  readonly killed: readonly number[];
  /** Those that had already ended. */
  readonly ended: readonly number[];
}

/**
 * The name of a request.
 */
export type Method = keyof IRequests;

/**
 * What an output message does to an output log.
 */
export type OutputChange =
  | { readonly type: 'append'; readonly item: IJobOutput }
  | {
      readonly type: 'update';
      readonly displayId: string;
      readonly data: nbformat.IMimeBundle;
      readonly metadata: nbformat.OutputMetadata;
    }
  | { readonly type: 'clear'; readonly wait: boolean };

/**
 * What the runtime publishes. `seq` counts both kinds together, without a gap.
 */
export type JobsMessage =
  | {
      readonly kind: 'jobs';
      readonly runtime: string;
      readonly seq: number;
      /** The kernel's clock. */
      readonly now: number;
      /** Jobs that are new or have changed. */
      readonly jobs: readonly IJob[];
      /** Ids of jobs that the kernel has forgotten. */
      readonly removed: readonly number[];
      /** What stands under cells that have started their first job. */
      readonly cells: ReadonlyMap<string, ICellLog>;
      /** The execute requests of cells whose logs the kernel has dropped. */
      readonly removedCells: readonly string[];
    }
  | {
      readonly kind: 'output';
      readonly runtime: string;
      readonly seq: number;
      /** The id of the job that has written it; null for what else stands under a cell with jobs. */
      readonly job: number | null;
      /** The execute request under whose cell it appears; null if no cell's log holds it. */
      readonly request: string | null;
      readonly change: OutputChange;
    };

/**
 * The part of an IOPub message that is read here.
 */
export interface IPublished {
  readonly header: { readonly msg_type: string };
  readonly parent_header: unknown;
  readonly metadata: unknown;
  readonly content: unknown;
}

/**
 * A request that the runtime has refused.
 */
export class RequestError extends Error {
  constructor(
    readonly ename: string,
    readonly evalue: string
  ) {
    super(`${ename}: ${evalue}`);
  }

  override readonly name = 'RequestError';
}
