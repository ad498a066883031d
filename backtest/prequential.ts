import {
  type CandleColumns,
  candleFeatures,
  completeRows,
  type FeatureRows,
} from '../features/candle-features.ts';
import { createEStep } from '../hmm/e-step.ts';
import { filterObservations } from '../hmm/filter.ts';
import { type FitOptions, fit } from '../hmm/fit.ts';
import { defaultOnline, type OnlineConfig } from '../hmm/online/config.ts';
import { absorb, startOnline } from '../hmm/online/online.ts';
import { fitScaler, logJacobian, scaleRows } from '../hmm/scaler.ts';
import { createStatistics, featureMeans } from '../hmm/statistics.ts';
import { ewmaScores } from './ewma.ts';
import { foldsOf, type Interval, intervalOf, joined, meanOf, rowsBetween, scoreLater } from './rolling.ts';

export interface PrequentialOptions {
  readonly timeframeMs: number;
  /** Candles of genesis, of which the first four fifths are fitted (DESIGN §5). */
  readonly genesis: number;
  readonly online?: OnlineConfig;
  readonly fit: Pick<FitOptions, 'nStates' | 'covarianceType' | 'seed'>;
  /** The rolling refit: rows of its window, rows until the next refit, restarts and tolerance of each. */
  readonly rolling: {
    readonly window: number;
    readonly step: number;
    readonly restarts: number;
    readonly tolerance: number;
  };
}

/** One-step predictive log-likelihood of the same candles, unscaled features, nats/candle. */
export interface PrequentialReport {
  readonly candles: number;
  readonly online: number;
  /** A full refit that rereads its whole window, with several starts, each `step` candles. */
  readonly rolling: number;
  /** One Gaussian, refitted on the same window at the same times. */
  readonly oneState: number;
  readonly ewma: number;
  readonly onlineMinusRolling: Interval;
  readonly onlineMinusOneState: Interval;
  readonly onlineMinusEwma: Interval;
  readonly rollingMinusOneState: Interval;
  readonly rollingMinusEwma: Interval;
  readonly online_config: OnlineConfig;
  readonly rolling_config: PrequentialOptions['rolling'];
}

/**
 * Strict online training against a refit that rereads everything: every candle is scored before any of the two learns
 * from it, the filter carried over. Scored are the candles after the first window of the refit, by all of them.
 */
export const prequentialReport = (columns: CandleColumns, options: PrequentialOptions): PrequentialReport => {
  const features = completeRows(candleFeatures(columns, options));
  const rows = features.openTimeMs.length;
  const { window } = options.rolling;
  const least = Math.max(window, options.genesis);
  if (!(rows > least)) throw new RangeError(`${rows} complete rows: more than ${least} are needed`);
  const folds = foldsOf(rows, options.rolling);
  const config = options.online ?? defaultOnline;
  const online = onlineScores(features, options, config);
  const rolling = joined(folds.map((fold) => refitScores(features, fold, options, options.fit.nStates)));
  const oneState = joined(folds.map((fold) => refitScores(features, fold, options, 1)));
  const ewma = ewmaScores(features.rows, features.names.length, window).logLikelihood;
  const [a, b, c, d] = [online, rolling, oneState, ewma].map((scores) =>
    scores.subarray(scores.length - (rows - least)),
  ) as [Float64Array, Float64Array, Float64Array, Float64Array];
  return {
    candles: a.length,
    ...{ online: meanOf(a), rolling: meanOf(b), oneState: meanOf(c), ewma: meanOf(d) },
    onlineMinusRolling: intervalOf(a, b),
    onlineMinusOneState: intervalOf(a, c),
    onlineMinusEwma: intervalOf(a, d),
    rollingMinusOneState: intervalOf(b, c),
    rollingMinusEwma: intervalOf(b, d),
    online_config: config,
    rolling_config: options.rolling,
  };
};

/** ln p of every row after the fitted part of genesis, in the units of the features. */
export const onlineScores = (
  features: FeatureRows,
  { timeframeMs, genesis, fit: options }: Pick<PrequentialOptions, 'timeframeMs' | 'genesis' | 'fit'>,
  config: OnlineConfig,
): Float64Array => {
  const cut = Math.floor(0.8 * genesis);
  const raw = rowsBetween(features, 0, cut);
  const scaler = fitScaler(raw);
  const data = { ...raw, rows: scaleRows(scaler, raw.rows) };
  const { model } = fit(data, options);
  const statistics = createStatistics(model.nStates, featureMeans(data));
  createEStep(model, data).run(model, statistics);
  const { filtered } = filterObservations(model, data);
  const bars = features.openTimeMs.map((time) => time / timeframeMs);
  const state = startOnline({
    ...{ model, config, statistics },
    firstBar: bars[0]!,
    bar: bars[cut - 1]!,
    filter: filtered.slice((cut - 1) * model.nStates),
  });
  const later = scaleRows(scaler, features.rows.subarray(cut * raw.nFeatures));
  const jacobian = logJacobian(scaler);
  return absorb(state, bars.subarray(cut), later).logLikelihood.map((value) => value + jacobian);
};

const refitScores = (
  features: FeatureRows,
  fold: { readonly from: number; readonly cut: number; readonly to: number },
  { fit: options, rolling: { restarts, tolerance } }: PrequentialOptions,
  nStates: number,
): Float64Array => {
  const raw = rowsBetween(features, fold.from, fold.cut);
  const scaler = fitScaler(raw);
  const data = { ...raw, rows: scaleRows(scaler, raw.rows) };
  const { model } = fit(data, { ...options, nStates, restarts: nStates === 1 ? 1 : restarts, tolerance });
  return scoreLater(model, scaler, features, fold);
};
