import type { KernelClient } from '../kernel/client';
import type { IJobDefaults, ISubmission } from '../tokens';
import type { IItemRange, IJobItems, IJobVariables } from './job';

/** How much of a job's output is asked for at once, in characters. */
const OUTPUT_PART = 1_000_000;

/**
 * What a kernel's runtime is asked to do or to tell, as `IKernelJobs` describes it. What
 * comes of it, events tell.
 */
export abstract class JobRequests {
  /**
   * Who asks.
   *
   * @throws Error if no jobs can run in the kernel now.
   */
  protected abstract get client(): KernelClient;

  async submit(submission: ISubmission): Promise<readonly number[]> {
    const { jobs } = await this.client.request('submit', {
      code: submission.code,
      cell_id: submission.cellId,
      parent: submission.parent,
      ahead:
        submission.ahead?.map(({ msgId, code }) => ({ msg_id: msgId, code })) ??
        null
    });
    return jobs;
  }

  async startNow(id: number): Promise<void> {
    await this.client.request('start_now', { job: id });
  }

  async configure(defaults: IJobDefaults): Promise<void> {
    await this.client.request('configure', { ...defaults });
  }

  async kill(ids: readonly number[]): Promise<void> {
    await this.client.request('kill', { jobs: ids });
  }

  async killAll(): Promise<void> {
    await this.client.request('kill_all', {});
  }

  async land(id: number): Promise<readonly string[]> {
    const { names } = await this.client.request('land', { job: id });
    return names;
  }

  async variables(id: number): Promise<IJobVariables> {
    return this.client.request('variables', { job: id });
  }

  async items(id: number, part: IItemRange): Promise<IJobItems> {
    return this.client.request('items', { job: id, ...part });
  }

  async *output(id: number): AsyncGenerator<string, void> {
    let offset = 0;
    let end = Infinity;
    while (offset < end) {
      const { text, next, total } = await this.client.request('output', {
        job: id,
        offset,
        limit: Math.min(OUTPUT_PART, end - offset)
      });
      // A job that goes on writing must not keep its reader forever. One that has
      // cleared its output has less than before.
      end = Math.min(end, total);
      if (next <= offset) {
        return;
      }
      offset = next;
      yield text;
    }
  }
}
