import { useCallback, useSyncExternalStore } from 'react';

import type { IJobsState, IKernelJobs } from '../tokens';

/**
 * The state of a kernel's jobs, in a component.
 *
 * A change is drawn at once, and those that follow it before the next frame together
 * in that: a hundred jobs that print change the state more often than anybody can see.
 *
 * @param isVisible - whether to follow at all. What is hidden is not drawn, and
 * finds the present state when it is shown.
 */
export function useKernelState(
  kernel: IKernelJobs | null,
  isVisible: boolean
): IJobsState | null {
  const subscribe = useCallback(
    (onChange: () => void) => {
      if (!kernel || !isVisible) {
        return () => undefined;
      }
      let frame = 0;
      let isBehind = false;
      const onStateChanged = () => {
        if (frame) {
          isBehind = true;
          return;
        }
        frame = requestAnimationFrame(() => {
          frame = 0;
          if (isBehind) {
            isBehind = false;
            onStateChanged();
          }
        });
        onChange();
      };
      kernel.stateChanged.connect(onStateChanged);
      return () => {
        cancelAnimationFrame(frame);
        kernel.stateChanged.disconnect(onStateChanged);
      };
    },
    [kernel, isVisible]
  );
  return useSyncExternalStore(subscribe, () => kernel?.state ?? null);
}
