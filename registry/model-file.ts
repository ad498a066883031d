import type { StateLabels } from '../hmm/labels/state-labels.ts';
import type { HmmParameters } from '../hmm/model.ts';

export type { HmmParameters } from '../hmm/model.ts';

/**
 * The types of `model.json`: what a version holds, one model per series.
 *
 * It has no times of day, no fences and no ids of runs, so the same candles, seed and code give the same bytes.
 */
export interface ModelFile {
  readonly schema: 'autotrain-model/1';
  /** Which features, in which order: `features/` knows how to compute each set. */
  readonly featureSet: 'candles-4/1';
  /** By series key, keys ascending. */
  readonly series: Readonly<Record<string, SeriesModel>>;
}

export interface SeriesModel {
  /** What serves: fitted on `trainedRange`, states ordered by mean log return. */
  readonly hmm: HmmParameters;
  /** Features are served as (x − mean) / scale; kept from the judged fit. */
  readonly scaler: Scaler;
  /** Names of the states, in the order of the matrices; see hmm/labels/names.ts. */
  readonly regimes: readonly string[];
  readonly trainedRange: OpenTimeRange;
  /** Which state is which one of the versions before: ids stay, a new id is `fresh` in the version that brings it. */
  readonly labels?: StateLabels;
  /** Sliding mode, what the metric was measured on: the fit without the last fifth of the window, scored on that fifth. */
  readonly judged?: JudgedModel;
  /** Strict mode: the candles that were scored before they were learned from. */
  readonly prequential?: Prequential;
  /** HMM_ENSEMBLE: what serves instead of `hmm` alone. */
  readonly ensemble?: Ensemble;
}

/** Models with different numbers of states on the same scaled features, weighted by how well they predicted. */
export interface Ensemble {
  /** φ in (0, 1], see hmm/ensemble/averaging.ts. */
  readonly forgetting: number;
  /** In ascending order of their numbers of states; weights (after the last training row) sum to 1. */
  readonly members: readonly EnsembleMember[];
}

export interface EnsembleMember {
  readonly hmm: HmmParameters;
  /** Names of its states; what members share is the first word. */
  readonly regimes: readonly string[];
  readonly weight: number;
}

/** As sliding mode makes it. */
export type JudgedSeriesModel = SeriesModel & { readonly judged: JudgedModel };

/** Open times of the first and the last scored candle; the mean in nats/candle, unscaled features. */
export interface Prequential extends OpenTimeRange {
  readonly candles: number;
  readonly meanLogLikelihood: number;
}

export interface JudgedModel {
  readonly hmm: HmmParameters;
  readonly scaler: Scaler;
  readonly trainedRange: OpenTimeRange;
  readonly heldOut: OpenTimeRange & { readonly candles: number };
  /** Of the same training rows, where the metric is the ensemble's. */
  readonly ensemble?: Ensemble;
}

/** Open times of the first and the last candle, both inclusive, epoch ms. */
export interface OpenTimeRange {
  readonly fromMs: number;
  readonly toMs: number;
}

export interface Scaler {
  readonly mean: readonly number[];
  readonly scale: readonly number[];
}
