import type { Selection } from '../../backtest/select.ts';
import { candleFeatures, completeRows, featureSet, longestGap } from '../../features/candle-features.ts';
import { createEStep } from '../../hmm/e-step.ts';
import { filterObservations } from '../../hmm/filter.ts';
import { fit } from '../../hmm/fit.ts';
import type { FitReport } from '../../hmm/fit-report.ts';
import type { Hmm } from '../../hmm/model.ts';
import { type Observations, rowCount } from '../../hmm/observations.ts';
import { defaultOnline } from '../../hmm/online/config.ts';
import { startOnline } from '../../hmm/online/online.ts';
import { type FeatureScaler, fitScaler, scaleRows } from '../../hmm/scaler.ts';
import { createStatistics, featureMeans, type Statistics } from '../../hmm/statistics.ts';
import { type CandleColumns, sliceColumns } from '../../ledger/candle-columns.ts';
import type { LineageHead } from '../../registry/head-file.ts';
import type { SeriesModel } from '../../registry/model-file.ts';
import { againstBaselines, type BaselineReport } from '../against-baselines.ts';
import { chooseStates, leastStates } from '../choose-states.ts';
import { labelAgainstChampion } from '../label-against-champion.ts';
import { beginning, orderByMeanReturn, type TrainingProgress } from '../train-series-model.ts';
import { TrainingError } from '../training-error.ts';
import { runsOf } from './ranges.ts';
import { tailOf } from './tail.ts';

export interface GenesisJob {
  readonly lineage: string;
  readonly series: string;
  /** The candles of the lineage from its first one on; at least `minPoints`. */
  readonly columns: CandleColumns;
  readonly timeframeMs: number;
  /** auto: chosen on the rows of the batch fit. */
  readonly nStates: number | 'auto';
  readonly covarianceType: 'diag' | 'full';
  readonly seed: number;
  readonly restarts?: number;
  /** TRAIN_MIN_POINTS: genesis looks at this many candles, however many there are, and fits the first 80% of them. */
  readonly minPoints: number;
  /** What serves the series now, from another lineage: its states keep their names where they go on. */
  readonly champion?: SeriesModel;
}

export interface Genesis {
  readonly head: LineageHead;
  /** The candles behind the batch fit, which are scored before they are learned from. */
  readonly rest: CandleColumns;
  readonly report: FitReport;
  /** Of the batch fit, on the last 20% of `minPoints` candles. */
  readonly judged: BaselineReport;
}

/**
 * The first state of a lineage: a batch fit on the first 80% of its first `minPoints` candles. Later candles never
 * change it, so it does not depend on how many came at once. Throws `TrainingError` on too few rows.
 */
export const genesis = (job: GenesisJob, onProgress: (progress: TrainingProgress) => void): Genesis => {
  const { lineage, series, columns, timeframeMs } = job;
  const cut = Math.floor(0.8 * job.minPoints);
  const first = sliceColumns(columns, 0, cut);
  const features = completeRows(candleFeatures(first, { timeframeMs }));
  const { names, sequenceStarts } = features;
  const raw = { rows: features.rows, nFeatures: names.length, sequenceStarts };
  demandRows(rowCount(raw), job);
  const scaler = fitScaler(raw);
  const data = { ...raw, rows: scaleRows(scaler, raw.rows) };
  const { nStates, selection } = chooseStates(job, features, rowCount(raw), onProgress);
  const { model, report } = fit(data, {
    ...{ ...job, nStates },
    onIteration: (progress) => onProgress({ phase: 'fit', ...progress }),
  });
  onProgress(beginning('evaluate'));
  const ordered = orderByMeanReturn(model);
  const bar = (openTimeMs: number): number => Math.floor(openTimeMs / timeframeMs);
  const online = startOnline({
    model: ordered,
    config: { ...defaultOnline, longestGap },
    firstBar: bar(first.openTimeMs[0]!),
    bar: bar(features.openTimeMs.at(-1)!),
    statistics: statisticsOf(ordered, data),
    filter: lastFilter(ordered, data),
  });
  return {
    head: {
      schema: 'autotrain-head/1',
      ...{ lineage, series, featureSet, timeframeMs, scaler },
      ...labelAgainstChampion(ordered, scaler, raw, job.champion),
      genesisRows: rowCount(data),
      online,
      tail: tailOf(first),
      trainedRanges: runsOf(first.openTimeMs, timeframeMs).map(({ fromMs, toMs }) => ({ fromMs, toMs })),
      prequential: null,
    },
    rest: sliceColumns(columns, cut),
    report,
    judged: judgeGenesis(job, { model: ordered, scaler }, features.openTimeMs.at(-1)!, selection),
  };
};

/** On the candles later than all that the fit has seen. */
export const judgeGenesis = (
  {
    columns,
    timeframeMs,
    minPoints,
    seed,
  }: Pick<GenesisJob, 'columns' | 'timeframeMs' | 'minPoints' | 'seed'>,
  own: { readonly model: Hmm; readonly scaler: FeatureScaler },
  fittedToMs: number,
  selection?: Selection,
): BaselineReport => {
  const features = completeRows(candleFeatures(sliceColumns(columns, 0, minPoints), { timeframeMs }));
  const cut = features.openTimeMs.filter((time) => time <= fittedToMs).length;
  return againstBaselines(features, own, { cut, seed, ...(selection ? { selection } : {}) });
};

const demandRows = (rows: number, { nStates, minPoints }: GenesisJob): void => {
  const needed = 50 * leastStates(nStates);
  if (rows >= needed) return;
  const where = `the first 80% of TRAIN_MIN_POINTS=${minPoints} candles`;
  throw new TrainingError(
    'TooFewRows',
    `${rows} complete feature rows in ${where}, ${needed} needed for ${nStates} states`,
  );
};

export const statisticsOf = (model: Hmm, data: Observations): Statistics => {
  const statistics = createStatistics(model.nStates, featureMeans(data));
  createEStep(model, data).run(model, statistics);
  return statistics;
};

export const lastFilter = (model: Hmm, data: Observations): Float64Array =>
  filterObservations(model, data).filtered.slice(-model.nStates);
