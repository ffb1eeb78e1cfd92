import type { IJob, JobSection } from '../model/job';
import { sectionOf } from '../model/job';

/** The sections of the panel, from the top. */
export const SECTIONS: readonly JobSection[] = [
  'running',
  'finished',
  'failed'
];

/**
 * Jobs by the section they belong to, the newest first.
 *
 * @param jobs - in the order of submission.
 */
export function groupBySection(
  jobs: Iterable<IJob>
): Readonly<Record<JobSection, readonly IJob[]>> {
  const groups: Record<JobSection, IJob[]> = {
    running: [],
    finished: [],
    failed: []
  };
  for (const job of jobs) {
    groups[sectionOf(job.state)].push(job);
  }
  SECTIONS.forEach(section => groups[section].reverse());
  return groups;
}
