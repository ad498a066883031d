import { type CandleColumns, candleFeatures, completeRows } from '../features/candle-features.ts';
import { sliceColumns } from '../ledger/candle-columns.ts';
import type { SeriesModel } from '../registry/model-file.ts';
import { type EnsembleReport, ensembleReport } from './ensemble.ts';
import { type Judgement, judgeFolds } from './judge.ts';
import { type LabelAgreement, labelAgreement } from './label-agreement.ts';
import { type NullResult, nullTest } from './null-test.ts';
import { type PrequentialReport, prequentialReport } from './prequential.ts';
import { type PromotionOptions, type PromotionReport, promotionReport } from './promotions.ts';
import { type RegimeQuality, regimeQuality } from './regime-quality.ts';
import { rowsBetween } from './rolling.ts';
import { type Selection, selectModel, walkForward } from './select.ts';
import { quickFit, type Specification, specifications } from './specification.ts';

/** How much an evaluation may cost. */
export interface Effort {
  readonly stateCounts: readonly number[];
  /** Selection uses the first folds, the comparison the last ones. */
  readonly folds: { readonly select: number; readonly judge: number };
  /** Rows of each fit at most. */
  readonly mostRows: number;
  /** Whether Student-t emissions are tried for the selected states. */
  readonly students: boolean;
  readonly online: { readonly genesis: number; readonly window: number; readonly step: number };
  readonly labels: { readonly window: number; readonly retrains: number };
  readonly promotions: { readonly window: number; readonly step: number };
  /** State counts that vote, φ, candles of each fit, least candles until the next one, and refits at most. */
  readonly ensemble: {
    readonly stateCounts: readonly number[];
    readonly forgettings: readonly number[];
    readonly window: number;
    readonly leastStep: number;
    readonly refits: number;
  };
  /** One model for several files against one each: candles of each fit, and until the next. */
  readonly scope: { readonly window: number; readonly step: number };
  readonly nulls: { readonly seeds: number; readonly rows: number; readonly blockLengths: readonly number[] };
}

export const fullEffort: Effort = {
  stateCounts: [1, 2, 3, 4, 5, 6, 8],
  folds: { select: 3, judge: 3 },
  mostRows: 10_000,
  students: true,
  online: { genesis: 2000, window: 8760, step: 1000 },
  labels: { window: 4000, retrains: 12 },
  promotions: { window: 8000, step: 2000 },
  ensemble: { stateCounts: [2, 3, 4, 6], forgettings: [0.9], window: 8760, leastStep: 2190, refits: 10 },
  scope: { window: 8760, step: 2190 },
  nulls: { seeds: 10, rows: 4000, blockLengths: [1, 24, 168] },
};

export const quickEffort: Effort = {
  stateCounts: [1, 2, 3, 4],
  folds: { select: 2, judge: 1 },
  mostRows: 4000,
  students: false,
  online: { genesis: 1000, window: 2000, step: 1000 },
  labels: { window: 1500, retrains: 3 },
  promotions: { window: 2000, step: 1000 },
  ensemble: { stateCounts: [2, 3], forgettings: [0.9], window: 1000, leastStep: 500, refits: 2 },
  scope: { window: 1000, step: 1000 },
  nulls: { seeds: 3, rows: 2000, blockLengths: [1] },
};

export interface SeriesEvaluation {
  readonly rows: number;
  readonly selection: Selection;
  /** The selected emission against Student-t ones of the same states; absent: not tried. */
  readonly emission?: Selection;
  /** The selected specification, refitted on later folds than selection saw. */
  readonly specification: Specification;
  readonly judgement: Judgement;
  readonly quality: RegimeQuality;
  /** With the states of the trainer, then with the selected ones where these are others. */
  readonly online: readonly OnlineReport[];
  readonly ensemble: EnsembleReport;
  readonly labels: LabelAgreement;
  readonly promotions: PromotionReport;
  readonly nulls: readonly NullResult[];
}

export interface OnlineReport extends PrequentialReport {
  readonly nStates: number;
}

export interface EvaluateOptions {
  readonly timeframeMs: number;
  readonly seed: number;
  readonly effort: Effort;
  /** Of the models that `train` makes. */
  readonly nStates: number;
  readonly train: PromotionOptions['train'];
  readonly onStage?: (stage: string) => void;
}

/** Everything of one series. What a part needs at least, it asks for: a `RangeError` says what is too short. */
export const evaluateSeries = (columns: CandleColumns, options: EvaluateOptions): SeriesEvaluation => {
  const { timeframeMs, seed, effort, train, onStage } = options;
  const features = completeRows(candleFeatures(columns, options));
  const rows = features.openTimeMs.length;
  const budget = { ...quickFit, seed };
  const { select, judge } = effort.folds;
  const folds = walkForward(rows, { count: select + judge, mostRows: effort.mostRows });
  onStage?.('selection');
  const candidates = specifications(effort.stateCounts, ['diag', 'full'], ['gaussian']);
  const selection = selectModel(features, { candidates, folds: folds.slice(0, select), budget });
  const last = folds.slice(select - 1, select);
  const emission = effort.students
    ? selectModel(features, { candidates: emissionsOf(selection.chosen), folds: last, budget })
    : undefined;
  const specification = emission?.chosen ?? selection.chosen;
  onStage?.(`baselines against K=${specification.nStates} ${specification.covarianceType}`);
  const judged = judgeFolds(features, folds.slice(select), specification, budget, last[0]);
  const test = rowsBetween(features, folds[select]!.cut, rows);
  onStage?.('online learning');
  const online = onlineOf(columns, options, selection.chosen.nStates);
  onStage?.('ensemble');
  const { refits, leastStep, ...voters } = effort.ensemble;
  const ensemble = ensembleReport(columns, {
    ...{ timeframeMs, ...voters },
    step: Math.max(leastStep, Math.ceil((rows - voters.window) / refits)),
    fit: { covarianceType: 'full', seed, restarts: 3, tolerance: 1e-5 },
  });
  onStage?.('labels');
  const labels = labelsOf(columns, options);
  onStage?.('promotions');
  const promotions = promotionReport(columns, {
    ...{ timeframeMs, seed, train, maxDrop: 0.02 },
    ...effort.promotions,
  });
  onStage?.('null test');
  const nulls = nullTest(features, {
    ...{ timeframeMs, budget: { ...budget, restarts: 1 } },
    specification: { ...selection.chosen, nStates: Math.max(2, selection.chosen.nStates) },
    ...effort.nulls,
  });
  return {
    ...{ rows, selection, ...(emission ? { emission } : {}), specification },
    ...{ judgement: judged.judgement, quality: regimeQuality(judged.last.model, judged.last.scaler, test) },
    ...{ online, ensemble, labels, promotions, nulls },
  };
};

const onlineOf = (
  columns: CandleColumns,
  { timeframeMs, seed, nStates, effort }: EvaluateOptions,
  chosen: number,
): OnlineReport[] =>
  [...new Set([nStates, Math.max(2, chosen)])].map((states) => ({
    nStates: states,
    ...prequentialReport(columns, {
      ...{ timeframeMs, genesis: effort.online.genesis },
      fit: { nStates: states, covarianceType: 'full', seed },
      rolling: { ...effort.online, restarts: 3, tolerance: 1e-5 },
    }),
  }));

const emissionsOf = (chosen: Specification): Specification[] => [
  chosen,
  { ...chosen, emission: 'student-t' },
];

/** Weekly retrains at the end of the candles. */
const labelsOf = (
  columns: CandleColumns,
  { timeframeMs, effort, train }: EvaluateOptions,
): LabelAgreement => {
  const { window, retrains } = effort.labels;
  const step = Math.min(window, Math.max(1, Math.round((7 * 86_400_000) / timeframeMs)));
  const newest = sliceColumns(
    columns,
    Math.max(0, columns.openTimeMs.length - window - (retrains - 1) * step),
  );
  const always = (part: CandleColumns, _: number, champion: SeriesModel | undefined): SeriesModel =>
    train(part, champion, 1).model;
  return labelAgreement(newest, { timeframeMs, window, step, train: always });
};
