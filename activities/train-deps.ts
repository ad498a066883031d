import { createHash } from 'node:crypto';
import type { CandleColumns } from '../ledger/candle-columns.ts';
import type { CrashPoint } from '../ledger/crash-points.ts';
import type { Ledger } from '../ledger/open.ts';
import type { SeriesModel } from '../registry/model-file.ts';
import { readVersion } from '../registry/store.ts';
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
  /** Named points between steps, for tests that end the process there. */
  readonly crash?: CrashPoint;
  readonly leaseMs: number;
  readonly windowMs: number;
  readonly options: {
    /** Strict mode; else sliding. */
    readonly exactlyOnce: boolean;
    readonly nStates: number | 'auto';
    readonly ensemble?: readonly number[] | undefined;
    readonly covarianceType: 'diag' | 'full';
    readonly seed: number;
    readonly minPoints: number;
    readonly minNewCandles: number;
    readonly gate: { readonly minCandles: number; readonly minDelta: number; readonly alpha: number };
  };
}

/** Of the candles themselves: the same whatever files they came in. */
export const hashOfColumns = (columns: CandleColumns): string => {
  const hash = createHash('sha256');
  const { openTimeMs, open, high, low, close, volume } = columns;
  for (const column of [openTimeMs, open, high, low, close, volume]) {
    hash.update(new Uint8Array(column.buffer, column.byteOffset, column.byteLength));
  }
  return hash.digest('hex');
};

/** The model that serves a series now, and the version that it is served from. */
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
