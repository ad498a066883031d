import type { FeatureRows } from '../features/candle-features.ts';
import { fit } from '../hmm/fit.ts';
import { type Hmm } from '../hmm/model.ts';
import type { Observations } from '../hmm/observations.ts';
import { type FeatureScaler, fitScaler, logJacobian, scaleRows } from '../hmm/scaler.ts';
import { log } from '../numerics/elementary.ts';
import { ewmaScores } from './ewma.ts';
import { fitGarch, runGarch } from './garch.ts';
import { predictRows } from './margin.ts';
import { type Fold, rowsBetween } from './rolling.ts';
import { type FitBudget, fitFold, type Specification } from './specification.ts';

/** What a model of regimes has to beat. `previous`: the model before it, which was not fitted again. */
export const rivalNames = ['oneState', 'iidMixture', 'ewma', 'garch', 'previous'] as const;
export type RivalName = (typeof rivalNames)[number];

/** ln p per later row, natural units, nats; `joint` of all features, null for a model of the return alone. */
export interface RivalScores {
  readonly joint: Float64Array | null;
  readonly margin: Float64Array;
}

export type Rivals = Partial<Record<RivalName, RivalScores>>;

interface ScaledHmm {
  readonly model: Hmm;
  readonly scaler: FeatureScaler;
}

export interface RivalOptions {
  readonly previous?: ScaledHmm | undefined;
  /** The mixture goes on from these emissions for a few iterations, instead of starting anew. */
  readonly mixtureFrom?: ScaledHmm | undefined;
}

/** Every rival, fitted on the rows [from, cut) of the fold and scored on [cut, to). */
export const scoreRivals = (
  features: FeatureRows,
  fold: Fold,
  specification: Specification,
  budget: FitBudget,
  { previous, mixtureFrom }: RivalOptions = {},
): Rivals => {
  const one = fitFold(features, fold, { ...specification, nStates: 1 }, { ...budget, restarts: 1 });
  return {
    oneState: scoreHmm(one, features, fold),
    iidMixture: scoreMixture(features, fold, specification, budget, mixtureFrom),
    ...scoreVolatility(features, fold),
    ...(previous ? { previous: scoreHmm(previous, features, fold) } : {}),
  };
};

/** The filter is carried over from `from`. */
export const scoreHmm = (
  { model, scaler }: ScaledHmm,
  features: FeatureRows,
  { from, cut, to }: Fold,
): RivalScores & { readonly pit: Float64Array } => {
  const { joint, margin, pit } = predictRows(model, scaler, rowsBetween(features, from, to));
  const later = (values: Float64Array): Float64Array => values.subarray(cut - from);
  return { joint: later(joint), margin: later(margin), pit: later(pit) };
};

/** The same emissions without memory: each row a sequence of its own, so that the start holds the weights. */
const scoreMixture = (
  features: FeatureRows,
  { from, cut, to }: Fold,
  specification: Specification,
  budget: FitBudget,
  start?: ScaledHmm,
): RivalScores => {
  const raw = withoutOrder(rowsBetween(features, from, cut));
  const scaler = start?.scaler ?? fitScaler(raw);
  const quicker = start && { initial: start.model, maxIterations: 20, tolerance: 1e-4 };
  const options = { ...budget, ...specification, ...quicker };
  const { model } = fit({ ...raw, rows: scaleRows(scaler, raw.rows) }, options);
  return predictRows(model, scaler, withoutOrder(rowsBetween(features, cut, to)));
};

const withoutOrder = (data: Observations): Observations => ({
  ...data,
  sequenceStarts: Array.from({ length: data.rows.length / data.nFeatures }, (_, t) => t),
});

/** Gaussians whose volatility moves: EWMA over all features and over the return alone, GARCH(1,1) over the return. */
const scoreVolatility = (features: FeatureRows, { from, cut, to }: Fold): Pick<Rivals, 'ewma' | 'garch'> => {
  const training = cut - from;
  const scaler = fitScaler(rowsBetween(features, from, cut));
  const rows = scaleRows(scaler, rowsBetween(features, from, to).rows);
  const D = features.names.length;
  const returns = rows.filter((_, i) => i % D === 0);
  const later = (values: Float64Array, jacobian: number): Float64Array =>
    values.subarray(training).map((value) => value + jacobian);
  const ofReturn = -log(scaler.scale[0]!);
  const garch = runGarch(fitGarch(returns.slice(0, training)), returns);
  return {
    ewma: {
      joint: later(ewmaScores(rows, D, training).logLikelihood, logJacobian(scaler)),
      margin: later(ewmaScores(returns, 1, training).logLikelihood, ofReturn),
    },
    garch: { joint: null, margin: later(garch.logLikelihood, ofReturn) },
  };
};
