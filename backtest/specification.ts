import type { FeatureRows } from '../features/candle-features.ts';
import { type FitOptions, fit } from '../hmm/fit.ts';
import type { Emission } from '../hmm/given-start.ts';
import type { CovarianceType, Hmm } from '../hmm/model.ts';
import { type FeatureScaler, fitScaler, scaleRows } from '../hmm/scaler.ts';
import { type Fold, rowsBetween } from './rolling.ts';

/** What a model of regimes may look like. */
export interface Specification {
  readonly nStates: number;
  readonly covarianceType: CovarianceType;
  readonly emission: Emission;
}

/** How much each fit may cost. */
export type FitBudget = Pick<
  FitOptions,
  'seed' | 'restarts' | 'shortIterations' | 'maxIterations' | 'tolerance'
>;

/** A candidate among others needs no last digit: measured on the recorded files, 60 iterations are within 1e-3 nats of 300. */
export const quickFit = { restarts: 2, shortIterations: 6, maxIterations: 60, tolerance: 1e-5 } as const;

export interface FittedModel {
  readonly model: Hmm;
  readonly scaler: FeatureScaler;
  /** Of the scaled rows it was fitted on. */
  readonly logLikelihood: number;
}

/** Fits on the rows [from, cut) of the fold, scaled by their own scaler. */
export const fitFold = (
  features: FeatureRows,
  { from, cut }: Fold,
  specification: Specification,
  budget: FitBudget,
): FittedModel => {
  const raw = rowsBetween(features, from, cut);
  const scaler = fitScaler(raw);
  const data = { ...raw, rows: scaleRows(scaler, raw.rows) };
  const { model, logLikelihood } = fit(data, { ...budget, ...specification });
  return { model, scaler, logLikelihood };
};

/** Each number of states with each covariance and emission. */
export const specifications = (
  stateCounts: readonly number[],
  covarianceTypes: readonly CovarianceType[],
  emissions: readonly Emission[],
): Specification[] =>
  emissions.flatMap((emission) =>
    covarianceTypes.flatMap((covarianceType) =>
      stateCounts.map((nStates) => ({ nStates, covarianceType, emission })),
    ),
  );

/** `K=4 full student-t` */
export const describe = ({ nStates, covarianceType, emission }: Specification): string =>
  `K=${nStates} ${covarianceType} ${emission}`;
