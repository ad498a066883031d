import { createHash } from 'node:crypto';
import type { CandleColumns } from '../ledger/candle-columns.ts';
import { readWindow } from '../ledger/candle-store.ts';
import { seriesOfFile } from '../ledger/file-rows.ts';
import type { Ledger } from '../ledger/open.ts';
import type { SeriesModel } from '../registry/model-file.ts';
import { readVersion } from '../registry/store.ts';
import { parseSeries, seriesKey, timeframesMs } from '../series.ts';
import type { SeriesOutcome, TrainSeriesRequest } from '../workflows/types.ts';
import { owner } from './claims.ts';
import { failure } from './failures.ts';
import { underLease } from './lease.ts';
import { looksAt } from './looks.ts';
import { quarantiningBadFiles } from './quarantine.ts';
import { stageTraining } from './staging.ts';
import { type StrictDeps, trainStrict } from './strict/train-strict.ts';
import type { SeriesTraining, TrainingJob, TrainingProgress } from './train-series-model.ts';

/** Runs the fit away from the thread that talks to Temporal. Aborting `signal` ends the thread before it rejects. */
export interface Trainer {
  train(
    job: TrainingJob,
    options: { readonly signal: AbortSignal; readonly onProgress: (progress: TrainingProgress) => void },
  ): Promise<SeriesTraining>;
}

export interface TrainDeps {
  readonly ledger: Ledger;
  readonly trainer: Trainer;
  readonly dataDir: string;
  readonly modelsDir: string;
  readonly leaseMs: number;
  readonly windowMs: number;
  readonly options: {
    /** Strict mode; else sliding. */
    readonly exactlyOnce: boolean;
    readonly nStates: number;
    readonly ensemble?: readonly number[] | undefined;
    readonly covarianceType: 'diag' | 'full';
    readonly seed: number;
    readonly minPoints: number;
    readonly minNewCandles: number;
    readonly gate: { readonly minCandles: number; readonly minDelta: number; readonly alpha: number };
  };
}

export const createTrainActivities = (deps: StrictDeps) => ({
  /** Trains one series and stages the result. Heartbeats carry the iteration and renew the lease. */
  async trainSeries(request: TrainSeriesRequest): Promise<SeriesOutcome> {
    if (deps.options.exactlyOnce) return await trainStrict(deps, request);
    const { job, dataHash, newCandles } = quarantiningBadFiles(deps.ledger, () => prepare(deps, request));
    const training = await underLease(deps, request.claimId, (options) => deps.trainer.train(job, options));
    return stageTraining(deps.modelsDir, request.claimId, request.series, { training, dataHash, newCandles });
  },
});

export const prepare = (deps: TrainDeps, request: TrainSeriesRequest) => {
  const { ledger, dataDir, leaseMs, options } = deps;
  const series = parseSeries(request.series);
  const claim = ledger.hold({ claimId: request.claimId, ...owner(), leaseMs });
  const mine = claim.files.filter((file) => seriesKey(seriesOfFile(file)) === request.series);
  demandNewCandles(mine, options.minNewCandles);
  const lastMs = Math.max(...mine.map(({ tEnd }) => tEnd));
  const columns = readWindow({
    ledger,
    dataDir,
    series,
    fromMs: lastMs - deps.windowMs,
    claimId: request.claimId,
  });
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
  return { job, dataHash: hashOfColumns(columns), newCandles: mine.reduce((sum, { bars }) => sum + bars, 0) };
};

/** Of the candles themselves: the same whatever files they came in. */
export const hashOfColumns = (columns: CandleColumns): string => {
  const hash = createHash('sha256');
  const { openTimeMs, open, high, low, close, volume } = columns;
  for (const column of [openTimeMs, open, high, low, close, volume]) {
    hash.update(new Uint8Array(column.buffer, column.byteOffset, column.byteLength));
  }
  return hash.digest('hex');
};

const demandNewCandles = (files: readonly { readonly bars: number }[], wanted: number): void => {
  const bars = files.reduce((sum, file) => sum + file.bars, 0);
  if (bars < wanted) throw failure('NotEnoughData', `${bars} new candles, MIN_NEW_CANDLES is ${wanted}`);
};

const demandPoints = (points: number, wanted: number): void => {
  if (points < wanted) {
    throw failure('NotEnoughData', `${points} candles in the window, TRAIN_MIN_POINTS is ${wanted}`);
  }
};

export const championOf = ({ ledger, modelsDir }: TrainDeps, series: string) => {
  const row = ledger.champion();
  if (!row) return undefined;
  const model: SeriesModel | undefined = readVersion(
    modelsDir,
    row.versionId,
    ledger.version(row.versionId)?.modelHash,
  ).model.series[series];
  return model ? { versionId: row.versionId, model } : undefined;
};
