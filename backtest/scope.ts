import {
  type CandleColumns,
  candleFeatures,
  completeRows,
  type FeatureRows,
} from '../features/candle-features.ts';
import { type FitOptions, fit } from '../hmm/fit.ts';
import type { Observations } from '../hmm/observations.ts';
import { poolRows } from '../hmm/pooled/pool-rows.ts';
import { type FeatureScaler, fitScaler, scaleRows } from '../hmm/scaler.ts';
import {
  type Fold,
  foldsOf,
  type Interval,
  intervalOf,
  joined,
  meanOf,
  rowsBetween,
  scoreLater,
} from './rolling.ts';

export interface ScopeOptions {
  readonly timeframeMs: number;
  /** Candles of each series that a fit sees, and candles until the next fit. */
  readonly window: number;
  readonly step: number;
  readonly fit: Omit<FitOptions, 'initial' | 'onIteration'>;
}

export interface ScopeOfSeries {
  /** One-step predictive log-likelihood, unscaled features, nats/candle. */
  readonly perSeries: number;
  readonly pooled: number;
  readonly pooledMinusPerSeries: Interval;
}

export interface ScopeReport {
  readonly window: number;
  readonly fits: number;
  readonly series: Readonly<Record<string, ScopeOfSeries>>;
  /** Candles of the same hour are not independent: their differences are averaged before the interval is taken. */
  readonly together: Interval;
  readonly better: 'series' | 'pooled' | 'undecided';
}

/**
 * One model per series, or one for all of them with a scaler each? Both are refitted on a moving window and scored on
 * the candles after it. Only times at which every series has a complete row count, so that both see the same.
 */
export const scopeReport = (
  candles: Readonly<Record<string, CandleColumns>>,
  options: ScopeOptions,
): ScopeReport => {
  const names = Object.keys(candles).sort();
  const series = commonRows(names.map((name) => completeRows(candleFeatures(candles[name]!, options))));
  const rows = series[0]?.openTimeMs.length ?? 0;
  const folds = foldsOf(rows, options);
  if (folds.length === 0)
    throw new RangeError(
      `${rows} complete rows that every series has: more than ${options.window} are needed`,
    );
  const scores = folds.map((fold) => scoreFold(series, fold, options));
  const own = names.map((_, s) => joined(scores.map((fold) => fold.own[s]!)));
  const pooled = names.map((_, s) => joined(scores.map((fold) => fold.pooled[s]!)));
  const together = intervalOf(average(pooled), average(own));
  const perName = names.map((name, s): [string, ScopeOfSeries] => [
    name,
    {
      perSeries: meanOf(own[s]!),
      pooled: meanOf(pooled[s]!),
      pooledMinusPerSeries: intervalOf(pooled[s]!, own[s]!),
    },
  ]);
  return {
    ...{ window: options.window, fits: folds.length * (names.length + 1), together },
    series: Object.fromEntries(perName),
    better: together.lower > 0 ? 'pooled' : together.upper < 0 ? 'series' : 'undecided',
  };
};

/** Scores of each series under its own model and under the pooled one; both use the series' own scaler. */
const scoreFold = (
  series: readonly FeatureRows[],
  fold: Fold,
  options: ScopeOptions,
): { own: Float64Array[]; pooled: Float64Array[] } => {
  const scaled = series.map((features) => scaledWindow(features, fold));
  const shared = fit(poolRows(scaled.map(({ data }) => data)), options.fit).model;
  return {
    own: series.map((features, s) => {
      const { data, scaler } = scaled[s]!;
      return scoreLater(fit(data, options.fit).model, scaler, features, fold);
    }),
    pooled: series.map((features, s) => scoreLater(shared, scaled[s]!.scaler, features, fold)),
  };
};

const scaledWindow = (
  features: FeatureRows,
  { from, cut }: Fold,
): { data: Observations; scaler: FeatureScaler } => {
  const raw = rowsBetween(features, from, cut);
  const scaler = fitScaler(raw);
  return { scaler, data: { ...raw, rows: scaleRows(scaler, raw.rows) } };
};

/** The rows whose time every series has; what is left out cuts a sequence. */
const commonRows = (series: readonly FeatureRows[]): FeatureRows[] => {
  const seen = new Map<number, number>();
  for (const { openTimeMs } of series)
    for (const time of openTimeMs) seen.set(time, (seen.get(time) ?? 0) + 1);
  return series.map((features) =>
    completeRows({
      ...features,
      rows: features.rows.map((value, i) =>
        seen.get(features.openTimeMs[Math.floor(i / features.names.length)]!) === series.length
          ? value
          : Number.NaN,
      ),
    }),
  );
};

/** Mean over the series, time by time. */
const average = (perSeries: readonly Float64Array[]): Float64Array =>
  perSeries[0]!.map((_, t) => perSeries.reduce((sum, values) => sum + values[t]!, 0) / perSeries.length);
