import { type Evaluation, evaluateModel } from '../backtest/evaluation.ts';
import type { Selection } from '../backtest/select.ts';
import {
  type CandleColumns,
  candleFeatures,
  completeRows,
  type FeatureRows,
} from '../features/candle-features.ts';
import { fit } from '../hmm/fit.ts';
import { stateMeanings } from '../hmm/labels/meaning.ts';
import { nameStates } from '../hmm/labels/names.ts';
import { fromParameters, type Hmm, permuteStates, toParameters } from '../hmm/model.ts';
import type { Observations } from '../hmm/observations.ts';
import { rescaleModel } from '../hmm/rescale.ts';
import { fitScaler, scaleRows, unscaleRows } from '../hmm/scaler.ts';
import {
  compare,
  decide,
  type GateOptions,
  type GateResult,
  type PairedComparison,
} from '../registry/gate.ts';
import type {
  Ensemble,
  JudgedSeriesModel,
  OpenTimeRange,
  Scaler,
  SeriesModel,
} from '../registry/model-file.ts';
import { absoluteGates } from './absolute-gates.ts';
import { chooseStates, leastStates } from './choose-states.ts';
import { fitEnsemble, scoreServed } from './ensemble.ts';
import { labelAgainstChampion } from './label-against-champion.ts';
import { TrainingError } from './training-error.ts';
import { unseenChampion } from './unseen-champion.ts';

export interface TrainingJob {
  readonly columns: CandleColumns;
  readonly timeframeMs: number;
  /** auto: chosen on the training rows. */
  readonly nStates: number | 'auto';
  readonly covarianceType: 'diag' | 'full';
  readonly seed: number;
  readonly restarts?: number;
  /** HMM_ENSEMBLE: state counts of an ensemble that is judged and served instead of the model alone. */
  readonly ensemble?: readonly number[];
  /** What serves this series now; undefined for its first model. */
  readonly champion?: SeriesModel;
  readonly gate: GateOptions;
  /** Without the report on baselines and regimes, which costs more than a short fit. */
  readonly isBare?: boolean;
}

export interface TrainingProgress {
  readonly phase: 'select' | 'fit' | 'score' | 'refit' | 'absorb' | 'evaluate';
  readonly restart: number;
  readonly iteration: number;
  /** Of the training rows in scaled units, nats. */
  readonly logLikelihood: number;
  /** Of this phase: fits (select), iterations (fit, refit) or candles (absorb). Absent: nobody knows how long it is. */
  readonly done?: number;
  /** All there are; of iterations the most that may be needed. */
  readonly of?: number;
}

/** That a phase has begun. */
export const beginning = (phase: TrainingProgress['phase']): TrainingProgress => ({
  ...{ phase, restart: 0, iteration: 0, logLikelihood: 0 },
});

export interface SeriesTraining {
  readonly model: JudgedSeriesModel;
  readonly gate: GateResult;
  /** Complete feature rows of the window. */
  readonly nObs: number;
  /** Mean one-step predictive log-likelihood of the held-out candles, unscaled features, nats/candle. */
  readonly metricValue: number;
  readonly evaluation?: Evaluation;
  readonly warnings: readonly string[];
  readonly timings: {
    readonly featuresMs: number;
    readonly selectMs?: number;
    readonly fitMs: number;
    readonly scoreMs: number;
    readonly refitMs: number;
    readonly evaluateMs?: number;
  };
}

/**
 * Sliding mode (DESIGN §5) for one series: fit on the first four fifths of the window, score the last one bar by bar
 * with the filter carried over, pass the gates, then go on to fit the whole window. Pure: the same job gives the same
 * model, bit for bit (only `timings` differ). Throws `TrainingError` on too few rows.
 */
export const trainSeriesModel = (
  asked: TrainingJob,
  onProgress: (progress: TrainingProgress) => void,
): SeriesTraining => {
  const clock = stopwatch();
  const features = completeRows(candleFeatures(asked.columns, asked));
  const nObs = features.openTimeMs.length;
  demandRows(nObs, Math.max(leastStates(asked.nStates), ...(asked.ensemble ?? [])));
  const cut = Math.floor(0.8 * nObs);
  const featuresMs = clock();
  const { nStates, selection } = chooseStates(asked, features, cut, onProgress);
  const job = { ...asked, nStates };
  const selectMs = clock();
  const alone = fitJudged(job, features, cut, onProgress);
  const judged = { ...alone, ...ensembleOf(job, alone, 'fit', onProgress) };
  const fitMs = clock();
  onProgress({ ...beginning('score'), logLikelihood: judged.logLikelihood });
  const served = { ...judged, hmm: toParameters(judged.hmm) };
  const scores = scoreServed(served, observations(features)).subarray(cut);
  const checks = absoluteGates(judged.hmm, judged.data, scores);
  const gate = decide(checks, pairedWithChampion(job, features, cut, scores), job.gate);
  const scoreMs = clock();
  const final = refit(job, judged, features, onProgress);
  const refitMs = clock();
  if (!job.isBare) onProgress(beginning('evaluate'));
  const evaluation = job.isBare ? {} : { evaluation: evaluate(job, features, cut, judged, selection) };
  return {
    ...evaluation,
    model: assemble(job, features, cut, judged, final),
    gate,
    nObs,
    metricValue: scores.reduce((a, b) => a + b, 0) / scores.length,
    warnings: [...judged.warnings, ...final.warnings.map((warning) => `refit: ${warning}`)],
    timings: { featuresMs, selectMs, fitMs, scoreMs, refitMs, evaluateMs: clock() },
  };
};

type FixedJob = TrainingJob & { readonly nStates: number };

const evaluate = (
  { seed, champion }: FixedJob,
  features: FeatureRows,
  cut: number,
  { hmm, scaler }: Judged,
  selection: Selection | undefined,
): Evaluation =>
  evaluateModel(
    features,
    { model: hmm, scaler },
    {
      ...{ cut, seed },
      ...(selection ? { selection } : {}),
      ...unseenChampion(champion, features.openTimeMs[cut]!),
    },
  );

interface Judged {
  readonly hmm: Hmm;
  readonly scaler: Scaler;
  readonly data: Observations;
  readonly logLikelihood: number;
  readonly warnings: readonly string[];
  readonly ensemble?: Ensemble;
}

/** The ensemble of the job, if it wants one; `initial` to go on from the judged one. */
const ensembleOf = (
  job: TrainingJob,
  { data, scaler }: Pick<Judged, 'data' | 'scaler'>,
  phase: 'fit' | 'refit',
  onProgress: (progress: TrainingProgress) => void,
  initial?: Ensemble,
): { ensemble?: Ensemble } => {
  if (!job.ensemble) return {};
  const { covarianceType, seed, restarts } = job;
  const natural = { ...data, rows: unscaleRows(scaler, data.rows) };
  const name = (hmm: Hmm) => nameStates(stateMeanings({ hmm, scaler }, natural)).names;
  const ensemble = fitEnsemble({
    ...{ data, stateCounts: job.ensemble, order: orderByMeanReturn, name },
    ...(initial ? { initial } : {}),
    fit: {
      ...{ covarianceType, seed, ...(restarts === undefined ? {} : { restarts }) },
      onIteration: (progress) => onProgress({ phase, ...progress }),
    },
  });
  return { ensemble };
};

const demandRows = (rows: number, nStates: number): void => {
  const needed = 50 * nStates;
  if (rows >= needed) return;
  throw new TrainingError(
    'TooFewRows',
    `${rows} complete feature rows, ${needed} needed for ${nStates} states`,
  );
};

const fitJudged = (
  job: FixedJob,
  features: FeatureRows,
  cut: number,
  onProgress: (progress: TrainingProgress) => void,
): Judged => {
  const raw = firstRows(observations(features), cut);
  const scaler = fitScaler(raw);
  const data = { ...raw, rows: scaleRows(scaler, raw.rows) };
  const { model, logLikelihood, report } = fit(data, {
    ...job,
    ...startFromChampion(job, scaler, features.openTimeMs[cut]!),
    onIteration: (progress) => onProgress({ phase: 'fit', ...progress }),
  });
  return { hmm: orderByMeanReturn(model), scaler, data, logLikelihood, warnings: report.warnings };
};

/**
 * One more start for the fit: what the champion was judged by, where it had seen none of the candles that are held out
 * now. It keeps a retrain from ending in a worse optimum than last time's.
 */
const startFromChampion = (
  { champion, nStates, covarianceType }: TrainingJob,
  scaler: Scaler,
  heldOutFromMs: number,
): { alsoFrom?: Hmm } => {
  const before = champion?.judged;
  if (!before || before.trainedRange.toMs >= heldOutFromMs) return {};
  const hmm = fromParameters(before.hmm);
  const isAlike = hmm.nStates === nStates && hmm.covarianceType === covarianceType && !hmm.degreesOfFreedom;
  return isAlike ? { alsoFrom: rescaleModel(hmm, before.scaler, scaler) } : {};
};

/** Goes on from the judged parameters, so the states keep their meaning; the scaler stays. */
const refit = (
  job: FixedJob,
  judged: Judged,
  features: FeatureRows,
  onProgress: (progress: TrainingProgress) => void,
): { hmm: Hmm; warnings: readonly string[]; ensemble?: Ensemble } => {
  const raw = observations(features);
  const data = { ...raw, rows: scaleRows(judged.scaler, raw.rows) };
  const { model, report } = fit(data, {
    ...job,
    initial: judged.hmm,
    onIteration: (progress) => onProgress({ phase: 'refit', ...progress }),
  });
  const mixed = ensembleOf(job, { data, scaler: judged.scaler }, 'refit', onProgress, judged.ensemble);
  return { hmm: orderByMeanReturn(model), warnings: report.warnings, ...mixed };
};

/** Only candles that neither had seen: held out from the candidate, and later than the champion's training. */
const pairedWithChampion = (
  { champion, gate }: TrainingJob,
  features: FeatureRows,
  cut: number,
  scores: Float64Array,
): PairedComparison | undefined => {
  if (!champion) return undefined;
  const theirs = scoreServed(champion, observations(features)).subarray(cut);
  const isLater = (_: number, i: number): boolean =>
    features.openTimeMs[cut + i]! > champion.trainedRange.toMs;
  return compare(scores.filter(isLater), theirs.filter(isLater), gate);
};

const assemble = (
  job: FixedJob,
  features: FeatureRows,
  cut: number,
  judged: Judged,
  { hmm, ensemble }: { readonly hmm: Hmm; readonly ensemble?: Ensemble },
): JudgedSeriesModel => {
  const { openTimeMs } = features;
  const n = openTimeMs.length;
  const fromMs = job.columns.openTimeMs[0]!;
  const range = (last: number): OpenTimeRange => ({ fromMs, toMs: openTimeMs[last]! });
  return {
    hmm: toParameters(hmm),
    scaler: judged.scaler,
    ...labelAgainstChampion(hmm, judged.scaler, observations(features), job.champion),
    trainedRange: range(n - 1),
    judged: {
      hmm: toParameters(judged.hmm),
      scaler: judged.scaler,
      trainedRange: range(cut - 1),
      heldOut: { fromMs: openTimeMs[cut]!, toMs: openTimeMs[n - 1]!, candles: n - cut },
      ...(judged.ensemble ? { ensemble: judged.ensemble } : {}),
    },
    ...(ensemble ? { ensemble } : {}),
  };
};

/** The log return is the first feature. */
export const orderByMeanReturn = (model: Hmm): Hmm => {
  const meanReturn = (k: number): number => model.means[k * model.nFeatures]!;
  const order = Array.from({ length: model.nStates }, (_, k) => k).sort(
    (a, b) => meanReturn(a) - meanReturn(b),
  );
  return permuteStates(model, order);
};

const observations = ({ rows, names, sequenceStarts }: FeatureRows): Observations => ({
  rows,
  nFeatures: names.length,
  sequenceStarts,
});

const firstRows = ({ rows, nFeatures, sequenceStarts }: Observations, count: number): Observations => ({
  rows: rows.subarray(0, count * nFeatures),
  nFeatures,
  sequenceStarts: sequenceStarts.filter((start) => start < count),
});

export const stopwatch = () => {
  let last = performance.now();
  return (): number => {
    const now = performance.now();
    const passed = now - last;
    last = now;
    return Math.round(passed);
  };
};
