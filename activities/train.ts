import { type CandleColumns, sliceColumns } from '../ledger/candle-columns.ts';
import { readWindow } from '../ledger/candle-store.ts';
import { type FileRow, seriesOfFile } from '../ledger/file-rows.ts';
import { parseSeries, seriesKey, timeframesMs } from '../series.ts';
import type { SeriesOutcome, TrainSeriesRequest } from '../workflows/types.ts';
import { owner } from './claims.ts';
import { failure } from './failures.ts';
import { underLease } from './lease.ts';
import { looksAt } from './looks.ts';
import { quarantiningBadFiles } from './quarantine.ts';
import { stageTraining } from './staging.ts';
import { type StrictDeps, trainStrict } from './strict/train-strict.ts';
import { championOf, hashOfColumns, type TrainDeps } from './train-deps.ts';
import type { TrainingJob } from './train-series-model.ts';
import { slidingInputs } from './training-inputs.ts';

export const createTrainActivities = (deps: StrictDeps) => ({
  /** Trains one series and stages the result. Heartbeats carry the iteration and renew the lease. */
  async trainSeries(request: TrainSeriesRequest): Promise<SeriesOutcome> {
    if (deps.options.exactlyOnce) return await trainStrict(deps, request);
    const { job, ...rest } = quarantiningBadFiles(deps.ledger, () => prepare(deps, request));
    const held = { claimId: request.claimId, what: request.series };
    const training = await underLease(deps, held, (options) => deps.trainer.train(job, options));
    return stageTraining(deps, request.claimId, request.series, { training, ...rest });
  },
});

export const prepare = (deps: TrainDeps, request: TrainSeriesRequest) => {
  const { ledger, leaseMs, options } = deps;
  const series = parseSeries(request.series);
  const claim = ledger.hold({ claimId: request.claimId, ...owner(), leaseMs });
  const mine = claim.files.filter((file) => seriesKey(seriesOfFile(file)) === request.series);
  demandNewCandles(mine, options.minNewCandles);
  const columns = windowOf(deps, request, mine);
  demandPoints(columns.openTimeMs.length, options.minPoints);
  const champion = championOf(deps, request.series);
  const job: TrainingJob = {
    columns,
    timeframeMs: timeframesMs[series.timeframe],
    nStates: request.nStates ?? options.nStates,
    ...(options.ensemble ? { ensemble: options.ensemble } : {}),
    covarianceType: options.covarianceType,
    seed: options.seed,
    gate: { ...options.gate, look: champion ? looksAt(ledger, champion.versionId, request.series) + 1 : 1 },
    ...(champion ? { champion: champion.model } : {}),
  };
  return {
    job,
    dataHash: hashOfColumns(columns),
    newCandles: mine.reduce((sum, { bars }) => sum + bars, 0),
    inputs: slidingInputs(job, { files: mine, champion: champion?.versionId ?? null }),
  };
};

/** Corrections alone are no reason to train again: they count when new candles come. */
const demandNewCandles = (files: readonly Pick<FileRow, 'bars' | 'kind'>[], wanted: number): void => {
  const bars = files.reduce((sum, { bars, kind }) => sum + (kind === 'corrections' ? 0 : bars), 0);
  if (bars < wanted) throw failure('NotEnoughData', `${bars} new candles, MIN_NEW_CANDLES is ${wanted}`);
};

/** The claimed files may hold nothing but corrections of older candles: the window ends where the candles do. */
const windowOf = (
  { ledger, dataDir, windowMs }: TrainDeps,
  { series: key, claimId }: TrainSeriesRequest,
  mine: readonly FileRow[],
): CandleColumns => {
  const fromMs = Math.max(...mine.map(({ tEnd }) => tEnd)) - windowMs;
  const columns = readWindow({ ledger, dataDir, series: parseSeries(key), fromMs, claimId });
  const lastMs = columns.openTimeMs.at(-1) ?? 0;
  return sliceColumns(
    columns,
    columns.openTimeMs.findIndex((time) => time >= lastMs - windowMs),
  );
};

const demandPoints = (points: number, wanted: number): void => {
  if (points < wanted) {
    throw failure('NotEnoughData', `${points} candles in the window, TRAIN_MIN_POINTS is ${wanted}`);
  }
};
