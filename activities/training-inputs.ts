import { monthOf } from '../ledger/archive-files.ts';
import { type CandleColumns, sliceColumns } from '../ledger/candle-columns.ts';
import type { FileRow } from '../ledger/file-rows.ts';
import type { GateOptions } from '../registry/gate.ts';
import type { OpenTimeRange } from '../registry/model-file.ts';
import { runsOf } from './strict/ranges.ts';
import type { StrictJob } from './strict/train-strict-model.ts';
import { hashOfColumns } from './train-deps.ts';
import type { TrainingJob } from './train-series-model.ts';

/** Of the candles of one month that were trained on. */
export interface MonthInput {
  /** `yyyy-mm` */
  readonly month: string;
  readonly candles: number;
  readonly sha256: string;
}

/** All that a training of one series followed from, kept in metadata.json so that it can be done again. */
export interface TrainingInputs {
  readonly mode: 'strict' | 'sliding';
  /** One model over all series that have this, MODEL_SCOPE=pooled. */
  readonly pooled?: true;
  readonly timeframe_ms: number;
  readonly n_states: number | 'auto';
  readonly ensemble?: readonly number[];
  readonly covariance_type: 'diag' | 'full';
  readonly seed: number;
  /** TRAIN_MIN_POINTS; strict mode's genesis depends on it. */
  readonly min_points?: number;
  readonly gate: GateOptions;
  /** The version whose model it was compared with, and labelled after. */
  readonly champion: string | null;
  readonly lineage?: string;
  /** Strict mode: the version whose head it went on from; null: genesis. */
  readonly head?: string | null;
  /** The candles: runs of consecutive open times, and the hash of each month of them. */
  readonly runs: readonly OpenTimeRange[];
  readonly months: readonly MonthInput[];
  /** The claimed files; `path` under DATA_DIR. */
  readonly files: readonly Pick<FileRow, 'fileId' | 'sha256' | 'path' | 'tStart' | 'tEnd'>[];
}

/** By calendar month, ascending. */
export const monthsOf = (columns: CandleColumns): MonthInput[] => {
  const starts = new Map<string, number>();
  columns.openTimeMs.forEach((time, i) => {
    const month = monthOf(time);
    if (!starts.has(month)) starts.set(month, i);
  });
  const months = [...starts];
  return months.map(([month, from], i) => {
    const slice = sliceColumns(columns, from, months[i + 1]?.[1]);
    return { month, candles: slice.openTimeMs.length, sha256: hashOfColumns(slice) };
  });
};

const asRecorded = ({ minCandles, minDelta, alpha, look }: GateOptions): GateOptions => ({
  ...{ minCandles, minDelta, alpha, look },
});

const common = (
  { columns, timeframeMs, nStates, covarianceType, seed, gate }: TrainingJob | Omit<StrictJob, 'series'>,
  files: readonly FileRow[],
) => ({
  timeframe_ms: timeframeMs,
  n_states: nStates,
  covariance_type: covarianceType,
  seed,
  gate: asRecorded(gate),
  runs: runsOf(columns.openTimeMs, timeframeMs).map(({ fromMs, toMs }) => ({ fromMs, toMs })),
  months: monthsOf(columns),
  files: files.map(({ fileId, sha256, path, tStart, tEnd }) => ({ fileId, sha256, path, tStart, tEnd })),
});

interface From {
  readonly files: readonly FileRow[];
  /** Null: there was no champion. */
  readonly champion: string | null;
}

export const slidingInputs = (job: TrainingJob, { files, champion }: From): TrainingInputs => ({
  mode: 'sliding',
  ...common(job, files),
  ...(job.ensemble ? { ensemble: job.ensemble } : {}),
  champion,
});

export const strictInputs = (
  job: Omit<StrictJob, 'series'>,
  { files, champion, head }: From & { readonly head: string | null },
): TrainingInputs => ({
  mode: 'strict',
  ...common(job, files),
  min_points: job.minPoints,
  lineage: job.lineage,
  ...{ champion, head },
});

/** Of a series of a pool: the number of states and the gate are the pool's. */
export const pooledInputs = (
  inputs: TrainingInputs,
  { nStates, gate }: { readonly nStates: number; readonly gate: GateOptions },
): TrainingInputs => ({ ...inputs, pooled: true, n_states: nStates, gate: asRecorded(gate) });
