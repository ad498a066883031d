import type { FeatureRows } from '../features/candle-features.ts';
import { type BootstrapInterval, bootstrapMean } from './bootstrap.ts';
import { type Calibration, calibrationOf } from './calibration.ts';
import {
  type RivalName,
  type RivalScores,
  type Rivals,
  rivalNames,
  scoreHmm,
  scoreRivals,
} from './rivals.ts';
import { type Fold, joined, meanOf } from './rolling.ts';
import { type FitBudget, type FittedModel, fitFold, type Specification } from './specification.ts';

/** Means in nats per candle: of all features, and of the log return alone. */
export interface MeanScores {
  readonly joint: number | null;
  readonly margin: number;
}

/** The rival's own means, and what the model gains over it with its interval. */
export interface RivalReport extends MeanScores {
  readonly gain: { readonly joint: BootstrapInterval | null; readonly margin: BootstrapInterval };
}

export interface Judgement {
  /** Later candles that all were scored on, one step ahead, unscaled features. */
  readonly candles: number;
  readonly model: MeanScores;
  readonly rivals: Partial<Record<RivalName, RivalReport>>;
  readonly regimeEvidence: RegimeEvidence;
  /** Of the log return's law. */
  readonly calibration: Calibration;
}

/**
 * Does the order of the candles hold regimes? The lower bound of the gain over the i.i.d. mixture of the same states and
 * over one state lies above 0: `joint` in all features, `returns` in the log return alone. Features that are averages
 * over a window change slowly even where returns are independent, so `joint` alone says little about the market.
 */
export interface RegimeEvidence {
  readonly joint: boolean;
  readonly returns: boolean;
}

/** Scores of one or more folds in time order, each model against its rivals on the same rows. */
export interface ScoredFold {
  readonly own: RivalScores & { readonly pit: Float64Array };
  readonly rivals: Rivals;
}

/**
 * Refits model and rivals on each fold. `before`: a fold whose model is the previous one of the first fold; afterwards it
 * is that of the fold before.
 */
export const judgeFolds = (
  features: FeatureRows,
  folds: readonly Fold[],
  specification: Specification,
  budget: FitBudget,
  before?: Fold,
): { readonly judgement: Judgement; readonly last: FittedModel } => {
  let previous = before && fitFold(features, before, specification, budget);
  const scored = folds.map((fold): ScoredFold => {
    const fitted = fitFold(features, fold, specification, budget);
    const rivals = scoreRivals(features, fold, specification, budget, { previous });
    previous = fitted;
    return { own: scoreHmm(fitted, features, fold), rivals };
  });
  return { judgement: judge(scored, budget.seed), last: previous! };
};

export const judge = (folds: readonly ScoredFold[], seed: number): Judgement => {
  const own = join(folds.map((fold) => fold.own));
  const rivals = Object.fromEntries(
    rivalNames
      .filter((name) => folds.every((fold) => fold.rivals[name]))
      .map((name) => [name, compare(own, join(folds.map((fold) => fold.rivals[name]!)), seed)]),
  ) as Judgement['rivals'];
  return {
    candles: own.margin.length,
    model: meansOf(own),
    rivals,
    regimeEvidence: evidenceOf(rivals),
    calibration: calibrationOf(joined(folds.map((fold) => fold.own.pit))),
  };
};

const join = (parts: readonly RivalScores[]): RivalScores => ({
  joint: parts.every(({ joint }) => joint) ? joined(parts.map(({ joint }) => joint!)) : null,
  margin: joined(parts.map(({ margin }) => margin)),
});

const meansOf = ({ joint, margin }: RivalScores): MeanScores => ({
  joint: joint && meanOf(joint),
  margin: meanOf(margin),
});

const compare = (own: RivalScores, rival: RivalScores, seed: number): RivalReport => {
  const gain = (a: Float64Array, b: Float64Array): BootstrapInterval =>
    bootstrapMean(
      a.map((value, t) => value - b[t]!),
      { seed, resamples: 500 },
    );
  return {
    ...meansOf(rival),
    gain: {
      joint: own.joint && rival.joint && gain(own.joint, rival.joint),
      margin: gain(own.margin, rival.margin),
    },
  };
};

const evidenceOf = ({ oneState, iidMixture }: Judgement['rivals']): RegimeEvidence => {
  const over = (pick: (rival: RivalReport) => BootstrapInterval | null): boolean =>
    [oneState, iidMixture].every((rival) => rival && (pick(rival)?.lower ?? 0) > 0);
  return { joint: over(({ gain }) => gain.joint), returns: over(({ gain }) => gain.margin) };
};
