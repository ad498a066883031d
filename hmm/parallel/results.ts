import type { Shape } from '../plain-e-step.ts';
import { type Statistics, statisticsIn, statisticsSize } from '../statistics.ts';

/** Memory that all threads see, for the statistics of so many pieces: copying them would cost a tenth of an E-step. */
export const createResults = ({ nStates, nFeatures }: Shape, pieces: number): Float64Array =>
  new Float64Array(new SharedArrayBuffer(8 * pieces * statisticsSize(nStates, nFeatures)));

/** The statistics of each piece in that memory. */
export const resultsOf = (
  results: Float64Array,
  { nStates, nFeatures }: Shape,
  centre: Float64Array,
): Statistics[] => {
  const size = statisticsSize(nStates, nFeatures);
  return Array.from({ length: results.length / size }, (_, i) =>
    statisticsIn(results.subarray(i * size, (i + 1) * size), nStates, centre),
  );
};
