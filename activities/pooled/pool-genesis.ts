import { candleFeatures, completeRows, featureSet, longestGap } from '../../features/candle-features.ts';
import { fit } from '../../hmm/fit.ts';
import { type Observations, rowCount } from '../../hmm/observations.ts';
import { configHash, defaultOnline } from '../../hmm/online/config.ts';
import { poolRows } from '../../hmm/pooled/pool-rows.ts';
import { startPooled } from '../../hmm/pooled/pooled-online.ts';
import { fitScaler, scaleRows } from '../../hmm/scaler.ts';
import { type CandleColumns, sliceColumns } from '../../ledger/candle-columns.ts';
import type { Scaler, SeriesModel } from '../../registry/model-file.ts';
import type { BaselineReport } from '../against-baselines.ts';
import { labelAgainstChampion } from '../label-against-champion.ts';
import { judgeGenesis, lastFilter, statisticsOf } from '../strict/genesis.ts';
import { runsOf } from '../strict/ranges.ts';
import { tailOf } from '../strict/tail.ts';
import { orderByMeanReturn, type TrainingProgress } from '../train-series-model.ts';
import { TrainingError } from '../training-error.ts';
import { type PooledHead, partOf } from './pool-heads.ts';

/** Three rounds: a series that is behind the newest by more is not waited for. */
const timeoutBars = 72;

export interface PoolGenesisJob {
  /** The candles of each lineage from its first one on; at least `minPoints` of every series. */
  readonly members: readonly {
    readonly series: string;
    readonly lineage: string;
    readonly columns: CandleColumns;
    /** What serves the series now, from another lineage: its states keep their names where they go on. */
    readonly champion?: SeriesModel;
  }[];
  readonly timeframeMs: number;
  readonly nStates: number;
  readonly covarianceType: 'diag' | 'full';
  readonly seed: number;
  readonly restarts?: number;
  /** TRAIN_MIN_POINTS, of each series. */
  readonly minPoints: number;
}

export interface PoolGenesis {
  readonly heads: readonly PooledHead[];
  /** By series: the candles behind the batch fit. */
  readonly rest: Readonly<Record<string, CandleColumns>>;
  readonly warnings: readonly string[];
  /** By series: the batch fit on those of its first `minPoints` candles that are later than all that was fitted. */
  readonly judged: Readonly<Record<string, BaselineReport>>;
}

interface Start {
  readonly series: string;
  readonly lineage: string;
  readonly first: CandleColumns;
  readonly lastMs: number;
  readonly scaler: Scaler;
  /** Complete rows of natural units … */
  readonly raw: Observations;
  /** … and scaled. */
  readonly data: Observations;
  readonly champion?: SeriesModel;
}

/**
 * The first state of a pool: one batch fit on the first 80% of the first `minPoints` candles of every series. Later
 * candles never change it, so it does not depend on how many came at once, nor from whom first.
 */
export const poolGenesis = (
  job: PoolGenesisJob,
  onProgress: (progress: TrainingProgress) => void,
): PoolGenesis => {
  const { timeframeMs } = job;
  const cut = Math.floor(0.8 * job.minPoints);
  const starts = job.members.map((member) => startOf(member, cut, job));
  const data = poolRows(starts.map((start) => start.data));
  const { model, report } = fit(data, {
    ...job,
    onIteration: (progress) => onProgress({ phase: 'fit', ...progress }),
  });
  const ordered = orderByMeanReturn(model);
  const bar = (openTimeMs: number): number => Math.floor(openTimeMs / timeframeMs);
  const online = { ...defaultOnline, longestGap };
  const state = startPooled({
    model: ordered,
    config: { online, timeoutBars },
    firstBar: Math.min(...starts.map(({ first }) => bar(first.openTimeMs[0]!))),
    statistics: statisticsOf(ordered, data),
    series: Object.fromEntries(
      starts.map((start) => [
        start.series,
        { bar: bar(start.lastMs), filter: lastFilter(ordered, start.data) },
      ]),
    ),
  });
  const heads = starts.map(({ series, lineage, scaler, first, raw, champion }): PooledHead => {
    const part = partOf(state, state.series.find(({ name }) => name === series)!, configHash(online));
    return {
      schema: 'autotrain-head/1',
      ...{ lineage, series, featureSet, timeframeMs, scaler },
      ...labelAgainstChampion(ordered, scaler, raw, champion),
      genesisRows: rowCount(raw),
      ...part,
      tail: tailOf(first),
      trainedRanges: runsOf(first.openTimeMs, timeframeMs).map(({ fromMs, toMs }) => ({ fromMs, toMs })),
      prequential: null,
    };
  });
  const rest = job.members.map(({ series, columns }) => [series, sliceColumns(columns, cut)]);
  const fittedToMs = Math.max(...starts.map(({ lastMs }) => lastMs));
  const judged = starts.map(({ series, scaler }, i) => {
    const { columns } = job.members[i]!;
    return [series, judgeGenesis({ ...job, columns }, { model: ordered, scaler }, fittedToMs)] as const;
  });
  return {
    heads,
    rest: Object.fromEntries(rest) as PoolGenesis['rest'],
    warnings: report.warnings,
    judged: Object.fromEntries(judged),
  };
};

const startOf = (
  { series, lineage, columns, champion }: PoolGenesisJob['members'][number],
  cut: number,
  { timeframeMs, nStates, minPoints }: PoolGenesisJob,
): Start => {
  const first = sliceColumns(columns, 0, cut);
  const features = completeRows(candleFeatures(first, { timeframeMs }));
  const rows = features.openTimeMs.length;
  if (rows < 50 * nStates)
    throw new TrainingError(
      'TooFewRows',
      `${series}: ${rows} complete feature rows in the first 80% of TRAIN_MIN_POINTS=${minPoints} candles, ${50 * nStates} needed for ${nStates} states`,
    );
  const { names, sequenceStarts } = features;
  const raw = { rows: features.rows, nFeatures: names.length, sequenceStarts };
  const scaler = fitScaler(raw);
  const data = { ...raw, rows: scaleRows(scaler, raw.rows) };
  return {
    ...{ series, lineage, first, scaler, raw, data, lastMs: features.openTimeMs.at(-1)! },
    ...(champion && { champion }),
  };
};
