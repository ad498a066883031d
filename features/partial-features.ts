import { featureNames, realisedVolatility, returnsForVolatility } from './candle-features.ts';

/** Rows from less than candles: what can be computed is, the rest is NaN (the filter integrates it out). */
export interface PartialFeatures {
  /** [n·D], row-major, in the order of `featureNames`. */
  readonly rows: Float64Array;
  readonly sequenceStarts: number[];
  /** Features with a value in the last row. */
  readonly used: string[];
  /** Features without one. */
  readonly marginalised: string[];
  /** Names that were given and are no features. */
  readonly ignored: string[];
}

export type PartialInput =
  /** Log returns of successive candles, oldest first. */
  | { readonly logret: readonly number[] }
  /** One row by name, in the units of the features. */
  | { readonly features: Readonly<Record<string, number>> };

/** Throws a RangeError on a value that is not a finite number, and when there is none at all. */
export const partialFeatures = (input: PartialInput): PartialFeatures =>
  'logret' in input ? fromReturns(Float64Array.from(input.logret, finite)) : fromNamed(input.features);

const fromReturns = (logret: Float64Array): PartialFeatures => {
  if (logret.length === 0) throw new RangeError('logret is empty: at least one return is needed');
  const D = featureNames.length;
  const rows = new Float64Array(logret.length * D).fill(Number.NaN);
  logret.forEach((value, t) => {
    rows[t * D] = value;
    if (t + 1 >= returnsForVolatility) rows[t * D + 1] = realisedVolatility(logret, t);
  });
  return describe(rows, []);
};

const fromNamed = (features: Readonly<Record<string, number>>): PartialFeatures => {
  const row = Float64Array.from(featureNames, (name) =>
    Object.hasOwn(features, name) ? finite(features[name]!, name) : Number.NaN,
  );
  const known = new Set<string>(featureNames);
  return describe(
    row,
    Object.keys(features).filter((name) => !known.has(name)),
  );
};

const describe = (rows: Float64Array, ignored: string[]): PartialFeatures => {
  const last = rows.subarray(rows.length - featureNames.length);
  return {
    rows,
    sequenceStarts: [0],
    used: featureNames.filter((_, d) => !Number.isNaN(last[d]!)),
    marginalised: featureNames.filter((_, d) => Number.isNaN(last[d]!)),
    ignored,
  };
};

const finite = (value: number, name: string | number): number => {
  if (typeof value !== 'number' || !Number.isFinite(value))
    throw new RangeError(`${name}: ${value} is not a finite number`);
  return value;
};
