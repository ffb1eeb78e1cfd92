import type { IJob, JobSection } from '../model/job';
import { sectionOf } from '../model/job';
import type { IKernelJobs } from '../tokens';
import type { SortOrder } from './sorting';
import { sortJobs } from './sorting';

/** The sections of the panel, from the top. */
export const SECTIONS: readonly JobSection[] = [
  'running',
  'finished',
  'failed'
];

/**
 * A kernel whose jobs are listed.
 */
export interface IListedKernel {
  readonly kernel: IKernelJobs;
  /** The name of its notebook. */
  readonly name: string;
  /** The jobs to list, in the order of submission. */
  readonly jobs: readonly IJob[];
}

/**
 * A row of a section: a job, or the name of the notebook whose jobs follow.
 */
export type SectionRow =
  | {
      readonly kind: 'job';
      readonly key: string;
      readonly kernel: IKernelJobs;
    }
  | {
      readonly kind: 'notebook';
      readonly key: string;
      readonly name: string;
      readonly count: number;
    };

/**
 * What a section holds.
 */
export interface ISectionContent {
  /** How many jobs. */
  readonly count: number;
  readonly rows: readonly SectionRow[];
}

/**
 * The jobs by the section they belong to, and in a section by their notebook, where
 * several are listed.
 */
export function groupBySection(
  kernels: readonly IListedKernel[],
  order: SortOrder
): Readonly<Record<JobSection, ISectionContent>> {
  const counts = { running: 0, finished: 0, failed: 0 };
  const rows: Record<JobSection, SectionRow[]> = {
    running: [],
    finished: [],
    failed: []
  };
  for (const { kernel, name, jobs } of kernels) {
    const groups: Record<JobSection, IJob[]> = {
      running: [],
      finished: [],
      failed: []
    };
    for (const job of jobs) {
      groups[sectionOf(job.state)].push(job);
    }
    for (const section of SECTIONS) {
      const group = groups[section];
      if (group.length === 0) {
        continue;
      }
      if (kernels.length > 1) {
        rows[section].push({
          kind: 'notebook',
          key: `${section} ${kernel.kernelId}`,
          name,
          count: group.length
        });
      }
      for (const { key } of sortJobs(group, order, kernel.now())) {
        rows[section].push({ kind: 'job', key, kernel });
      }
      counts[section] += group.length;
    }
  }
  const content = (section: JobSection) => ({
    count: counts[section],
    rows: rows[section]
  });
  return {
    running: content('running'),
    finished: content('finished'),
    failed: content('failed')
  };
}
