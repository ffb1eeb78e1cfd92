import { useCallback, useRef, useSyncExternalStore } from 'react';

import type { IJobsState, IKernelJobs } from '../tokens';

/**
 * The states of kernels' jobs, in a component.
 *
 * A change is drawn at once, and those that follow it before the next frame together
 * in that: a hundred jobs that print change the state more often than anybody can see.
 *
 * @param kernels - the same list as long as it holds the same kernels.
 * @param isVisible - whether to follow at all. What is hidden is not drawn, and
 * finds the present state when it is shown.
 */
export function useKernelStates(
  kernels: readonly IKernelJobs[],
  isVisible: boolean
): readonly IJobsState[] {
  const subscribe = useCallback(
    (onChange: () => void) => {
      if (!isVisible) {
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
      kernels.forEach(one => one.stateChanged.connect(onStateChanged));
      return () => {
        cancelAnimationFrame(frame);
        kernels.forEach(one => one.stateChanged.disconnect(onStateChanged));
      };
    },
    [kernels, isVisible]
  );
  // React draws again whenever it is given another list.
  const last = useRef<readonly IJobsState[]>([]);
  return useSyncExternalStore(subscribe, () => {
    const isSame =
      last.current.length === kernels.length &&
      kernels.every((one, index) => one.state === last.current[index]);
    if (!isSame) {
      last.current = kernels.map(one => one.state);
    }
    return last.current;
  });
}
