import type { FeatureRows } from '../features/candle-features.ts';
import { filterObservations } from '../hmm/filter.ts';
import type { Hmm } from '../hmm/model.ts';
import type { Observations } from '../hmm/observations.ts';
import { type FeatureScaler, logJacobian, scaleRows } from '../hmm/scaler.ts';
import { compare } from '../registry/gate.ts';

/** Fit on the rows [from, cut), score [cut, to). */
export interface Fold {
  readonly from: number;
  readonly cut: number;
  readonly to: number;
}

/** A window of `window` rows that moves on by `step`, the rows after it being scored; the last fold may be shorter. */
export const foldsOf = (
  rows: number,
  { window, step }: { readonly window: number; readonly step: number },
): Fold[] =>
  Array.from({ length: Math.max(0, Math.ceil((rows - window) / step)) }, (_, i) => ({
    from: i * step,
    cut: i * step + window,
    to: Math.min(i * step + window + step, rows),
  }));

/** The rows [from, to) as observations; a sequence that began before `from` begins there. */
export const rowsBetween = (
  { rows, names, sequenceStarts }: FeatureRows,
  from: number,
  to: number,
): Observations => {
  const D = names.length;
  const inside = sequenceStarts.filter((start) => start > from && start < to).map((start) => start - from);
  return { rows: rows.subarray(from * D, to * D), nFeatures: D, sequenceStarts: [0, ...inside] };
};

/** ln p of each row [cut, to) given those before it, the filter carried over from `from`; unscaled features, nats. */
export const scoreLater = (
  model: Hmm,
  scaler: FeatureScaler,
  features: FeatureRows,
  { from, cut, to }: Fold,
): Float64Array => {
  const raw = rowsBetween(features, from, to);
  const { logLikelihood } = filterObservations(model, { ...raw, rows: scaleRows(scaler, raw.rows) });
  const jacobian = logJacobian(scaler);
  return logLikelihood.subarray(cut - from).map((value) => value + jacobian);
};

/** Mean difference per candle and its two-sided 95 % interval, nats. */
export interface Interval {
  readonly difference: number;
  readonly lower: number;
  readonly upper: number;
  readonly candles: number;
}

/** What each look spends is α·6/π²: this asks for 2.5 % on each side at the first look. */
const oneLook = { alpha: (0.025 * Math.PI ** 2) / 6, look: 1, minCandles: 0, minDelta: 0 };

/** a − b per candle, with the heteroscedasticity- and autocorrelation-consistent interval of the promotion gate. */
export const intervalOf = (a: Float64Array, b: Float64Array): Interval => {
  const { difference, lower, upper, n } = compare(a, b, oneLook);
  return { difference, lower, upper, candles: n };
};

export const meanOf = (values: Float64Array): number => {
  let sum = 0;
  for (let t = 0; t < values.length; t++) sum += values[t]!;
  return sum / values.length;
};

export const joined = (parts: readonly Float64Array[]): Float64Array => {
  const whole = new Float64Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
};
