import { HmmError } from './hmm-error.ts';

/** Rows of several sequences, one after another. */
export interface Observations {
  /** [T·D], row-major; NaN = missing. */
  readonly rows: Float64Array;
  readonly nFeatures: number;
  /** Index of the first row of each sequence, ascending, the first one 0. */
  readonly sequenceStarts: readonly number[];
  /**
   * [T], ≥ 0, for learning: the emission of row t counts as bₖ(xₜ)^weight, so that a weight of 0 makes a row missing and,
   * with one state, a weight of 2 is the row given twice. Transitions are not weighted. Absent: 1.
   */
  readonly weights?: Float64Array;
}

/** A sequence as the rows [from, to). */
export interface Span {
  readonly from: number;
  readonly to: number;
}

export const rowCount = ({ rows, nFeatures }: Observations): number => rows.length / nFeatures;

/** The sequences of the data. Throws `InvalidData` when the starts do not cut the rows properly. */
export const spans = (data: Observations): Span[] => {
  const T = rowCount(data);
  const { sequenceStarts: starts } = data;
  if (!Number.isInteger(T))
    throw new HmmError('InvalidData', `rows do not divide by ${data.nFeatures} features`);
  if (T === 0) return [];
  return starts.map((from, i) => {
    const to = starts[i + 1] ?? T;
    if ((i === 0 && from !== 0) || !(from < to) || to > T) {
      throw new HmmError('InvalidData', `sequence ${i} would be rows ${from} to ${to} of ${T}`);
    }
    return { from, to };
  });
};

/** Throws `InvalidData` unless there is one finite weight ≥ 0 for each row, or none at all. */
export const demandWeights = (data: Observations): void => {
  const { weights } = data;
  if (!weights) return;
  if (weights.length !== rowCount(data))
    throw new HmmError('InvalidData', `${weights.length} weights for ${rowCount(data)} rows`);
  const bad = weights.findIndex((weight) => !(weight >= 0 && weight < Infinity));
  if (bad >= 0) throw new HmmError('InvalidData', `row ${bad} has the weight ${weights[bad]}`);
};

/** Indices of the features that are there. */
export const observedFeatures = (row: Float64Array): number[] =>
  [...row.keys()].filter((d) => !Number.isNaN(row[d]!));

/** True when a value is missing. Throws `InvalidData` on an infinity. */
export const hasMissing = ({ rows }: Observations): boolean => {
  let missing = false;
  for (let i = 0; i < rows.length; i++) {
    const value = rows[i]!;
    if (Number.isFinite(value)) continue;
    if (!Number.isNaN(value)) throw new HmmError('InvalidData', 'a value is infinite');
    missing = true;
  }
  return missing;
};
