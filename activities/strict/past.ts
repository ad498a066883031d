import { rivalRows } from '../../backtest/evaluation.ts';
import { warmUpCandles } from '../../features/candle-features.ts';
import { type CandleColumns, pickColumns } from '../../ledger/candle-columns.ts';
import { readWindow } from '../../ledger/candle-store.ts';
import { isLedgerError } from '../../ledger/errors.ts';
import type { LineageHead } from '../../registry/head-file.ts';
import { parseSeries } from '../../series.ts';
import { notCompared } from '../against-baselines.ts';
import type { TrainDeps } from '../train-deps.ts';
import { isInside } from './ranges.ts';

export interface TrainedPast {
  readonly past?: CandleColumns;
  /** Why it cannot be read. */
  readonly warnings: readonly string[];
}

/**
 * Candles that the lineage was trained on, in the copies that are stored now: baselines are fitted on them, the model
 * never is. An archive that cannot be read costs the comparison, not the training.
 */
export const trainedPastOf = (
  { ledger, dataDir }: Pick<TrainDeps, 'ledger' | 'dataDir'>,
  head: LineageHead | undefined,
): TrainedPast => {
  if (!head) return { warnings: [] };
  const { series, timeframeMs, tail, trainedRanges } = head;
  const fromMs = (tail.openTimeMs[0] ?? 0) - (rivalRows + warmUpCandles) * timeframeMs;
  try {
    const stored = readWindow({ ledger, dataDir, series: parseSeries(series), fromMs });
    return { past: pickColumns(stored, (time) => isInside(trainedRanges, time)), warnings: [] };
  } catch (error) {
    if (!isLedgerError(error)) throw error;
    return { warnings: [notCompared(error.message)] };
  }
};
