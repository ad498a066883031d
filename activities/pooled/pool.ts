import { rowsBetween } from '../../backtest/rolling.ts';
import {
  type CandleColumns,
  candleFeatures,
  completeRows,
  type FeatureRows,
} from '../../features/candle-features.ts';
import type { Observations } from '../../hmm/observations.ts';
import { poolRows } from '../../hmm/pooled/pool-rows.ts';
import { fitScaler, scaleRows } from '../../hmm/scaler.ts';
import type { Scaler, SeriesModel } from '../../registry/model-file.ts';
import type { SeriesFailure } from '../../workflows/types.ts';

/** One series of a pooled training. */
export interface PooledCandles {
  readonly series: string;
  readonly columns: CandleColumns;
  /** What serves this series now; undefined for its first model. */
  readonly champion?: SeriesModel;
}

/** A series with enough rows on both sides of the cut. */
export interface PooledMember extends PooledCandles {
  readonly features: FeatureRows;
  /** Index of its first held-out row. */
  readonly cut: number;
  /** Fitted on its rows before the cut. */
  readonly scaler: Scaler;
}

export interface Pool {
  /** Held-out candles of every member begin here. */
  readonly cutMs: number;
  readonly members: readonly PooledMember[];
  /** Series that cannot take part, and why. */
  readonly left: readonly SeriesFailure[];
}

/** Complete rows before the cut that a scaler needs, and after it that a judgement needs. */
const fewest = { before: 80, after: 20 };

/**
 * Cuts every series at the same time, four fifths of all rows lying before it: what happens to one series is seen in the
 * others too, so no row that is trained on may be later than one that another series is judged on.
 */
export const poolOf = (series: readonly PooledCandles[], options: { readonly timeframeMs: number }): Pool => {
  const all = series.map((one) => ({ ...one, features: completeRows(candleFeatures(one.columns, options)) }));
  const times = all.flatMap(({ features }) => Array.from(features.openTimeMs)).sort((a, b) => a - b);
  const cutMs = times[Math.floor(0.8 * times.length)] ?? 0;
  const members: PooledMember[] = [];
  const left: SeriesFailure[] = [];
  for (const one of all) {
    const cut = one.features.openTimeMs.filter((time) => time < cutMs).length;
    const after = one.features.openTimeMs.length - cut;
    if (cut < fewest.before || after < fewest.after) left.push(tooShort(one.series, cut, after, cutMs));
    else members.push({ ...one, cut, scaler: fitScaler(rowsBetween(one.features, 0, cut)) });
  }
  return { cutMs, members, left };
};

const tooShort = (series: string, before: number, after: number, cutMs: number): SeriesFailure => ({
  series,
  type: 'NotEnoughData',
  reason:
    `left out of the pool: ${before} complete rows before ${new Date(cutMs).toISOString()} and ${after} after it, ` +
    `${fewest.before} and ${fewest.after} needed`,
});

/** Rows of all members as separate sequences, each scaled by its own scaler; `whole`: those after the cut as well. */
export const pooledRows = (members: readonly PooledMember[], whole: boolean): Observations =>
  poolRows(
    members.map(({ features, scaler, cut }) => {
      const raw = rowsBetween(features, 0, whole ? features.openTimeMs.length : cut);
      return { ...raw, rows: scaleRows(scaler, raw.rows) };
    }),
  );
