import { useCallback, useState } from 'react';

/**
 * A set as the state of a component, and a stable function that changes one
 * membership: to the other, or to what `force` says.
 */
export function useToggleSet<T>(): [
  ReadonlySet<T>,
  (value: T, force?: boolean) => void
] {
  const [values, setValues] = useState<ReadonlySet<T>>(new Set());
  const toggle = useCallback((value: T, force?: boolean) => {
    setValues(present => {
      const isMember = force ?? !present.has(value);
      if (present.has(value) === isMember) {
        return present;
      }
      const next = new Set(present);
      if (isMember) {
        next.add(value);
      } else {
        next.delete(value);
      }
      return next;
    });
  }, []);
  return [values, toggle];
}
