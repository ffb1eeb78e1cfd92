import type { IJob } from '../model/job';
import type { IJobs, IKernelJobs } from '../tokens';

/**
 * Call back with the jobs of all kernels, by kernel: now, and whenever one of them has
 * changed, at most once for each frame. What jobs print changes the kernels' states as
 * well, and is no reason.
 */
export function followAllJobs(
  jobs: IJobs,
  onChange: (known: ReadonlyMap<IKernelJobs, ReadonlyMap<string, IJob>>) => void
): void {
  const seen = new Map<IKernelJobs, ReadonlyMap<string, IJob>>();
  let frame = 0;

  const schedule = () => {
    frame =
      frame ||
      requestAnimationFrame(() => {
        frame = 0;
        onChange(seen);
      });
  };
  const onStateChanged = (kernel: IKernelJobs) => {
    if (seen.get(kernel) !== kernel.state.jobs) {
      seen.set(kernel, kernel.state.jobs);
      schedule();
    }
  };
  const onKernelsChanged = () => {
    const present = new Set(jobs.kernels);
    for (const kernel of seen.keys()) {
      if (!present.has(kernel)) {
        kernel.stateChanged.disconnect(onStateChanged);
        seen.delete(kernel);
        schedule();
      }
    }
    for (const kernel of present) {
      kernel.stateChanged.connect(onStateChanged); // once, however often
      onStateChanged(kernel);
    }
  };
  jobs.kernelsChanged.connect(onKernelsChanged);
  onKernelsChanged();
}
