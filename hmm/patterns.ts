import { observedFeatures } from './observations.ts';

/** What depends only on which features of a row are there: made once for each pattern of them. */
export const oncePerPattern = <T>(
  make: (observed: readonly number[]) => T,
): ((row: Float64Array) => { observed: readonly number[]; made: T }) => {
  const known = new Map<string, { observed: readonly number[]; made: T }>();
  let last: { observed: readonly number[]; made: T } | undefined;
  return (row) => {
    if (last && matches(row, last.observed)) return last;
    const observed = observedFeatures(row);
    const key = observed.join();
    last = known.get(key) ?? { observed, made: make(observed) };
    known.set(key, last);
    return last;
  };
};

/** Neighbouring rows mostly miss the same features. */
const matches = (row: Float64Array, observed: readonly number[]): boolean => {
  let at = 0;
  for (let d = 0; d < row.length; d++) {
    if (Number.isNaN(row[d]!)) continue;
    if (observed[at] !== d) return false;
    at++;
  }
  return at === observed.length;
};
