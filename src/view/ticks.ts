import { useCallback, useSyncExternalStore } from 'react';

import type { Clock } from './clock';

/**
 * Draw a component again at every tick of a clock.
 *
 * @param isCounting - whether the component shows anything that grows.
 */
export function useTicks(clock: Clock, isCounting: boolean): void {
  const subscribe = useCallback(
    (onTick: () => void) => {
      if (!isCounting) {
        return () => undefined;
      }
      const listening = clock.onTick(onTick);
      return () => listening.dispose();
    },
    [clock, isCounting]
  );
  useSyncExternalStore(subscribe, () => clock.ticks);
}
