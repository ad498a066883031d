import type { FeatureRows } from '../features/candle-features.ts';
import { type Judgement, judge } from './judge.ts';
import { type RegimeQuality, regimeQuality } from './regime-quality.ts';
import { scoreHmm, scoreRivals } from './rivals.ts';
import { rowsBetween } from './rolling.ts';
import type { Candidate, Selection } from './select.ts';
import { type FittedModel, quickFit } from './specification.ts';

/** Rows that the rivals are fitted on: the newest before the cut. */
export const rivalRows = 8000;

/** What a version says about a model beside its gate: bounded, JSON. */
export interface Evaluation {
  /** HMM_STATES=auto: how the number of states was chosen, on rows before the held-out ones. */
  readonly selection?: Pick<Selection, 'chosen' | 'best' | 'byBic' | 'candles' | 'folds'> & {
    readonly candidates: readonly Omit<Candidate, 'covarianceType' | 'emission'>[];
  };
  /** On the rows that the model was not fitted on. */
  readonly judgement: Judgement;
  readonly quality: RegimeQuality;
}

export interface EvaluationOptions {
  /** The model was fitted on the rows before this one, and is judged on those from it on. */
  readonly cut: number;
  readonly seed: number;
  readonly selection?: Selection;
  /** What served before; it must not have seen the rows from `cut` on. */
  readonly previous?: Omit<FittedModel, 'logLikelihood'>;
}

/**
 * The cheap part of `evaluate` for a model just trained: rivals fitted once, on the newest 8000 rows before the cut (the
 * mixture from the model's own emissions, so in a few iterations), all scored on the held-out rows.
 */
export const evaluateModel = (
  features: FeatureRows,
  own: Omit<FittedModel, 'logLikelihood'>,
  { cut, seed, selection, previous }: EvaluationOptions,
): Evaluation => {
  const { model, scaler } = own;
  const to = features.openTimeMs.length;
  const fold = { from: Math.max(0, cut - rivalRows), cut, to };
  const emission = model.degreesOfFreedom ? ('student-t' as const) : ('gaussian' as const);
  const specification = { nStates: model.nStates, covarianceType: model.covarianceType, emission };
  const rivals = scoreRivals(
    features,
    fold,
    specification,
    { ...quickFit, seed },
    { previous, mixtureFrom: own },
  );
  return {
    ...(selection ? { selection: briefly(selection) } : {}),
    judgement: judge([{ own: scoreHmm(own, features, fold), rivals }], seed),
    quality: regimeQuality(model, scaler, rowsBetween(features, cut, to)),
  };
};

const briefly = ({ candidates, ...selection }: Selection): NonNullable<Evaluation['selection']> => ({
  ...selection,
  candidates: candidates.map(({ nStates, parameters, mean, shortfall, standardError, bicPerRow }) => ({
    ...{ nStates, parameters, mean, shortfall, standardError, bicPerRow },
  })),
});
