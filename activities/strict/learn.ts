import { candleFeatures, completeRows } from '../../features/candle-features.ts';
import { absorb } from '../../hmm/online/online.ts';
import { logJacobian, scaleRows } from '../../hmm/scaler.ts';
import type { CandleColumns } from '../../ledger/candle-columns.ts';
import type { LineageHead, ScoreSum } from '../../registry/head-file.ts';
import type { ScoredRows } from './comparison.ts';
import { appendRanges, runsOf } from './ranges.ts';
import { behindTail, tailOf } from './tail.ts';

export interface Learned {
  readonly head: LineageHead;
  /** The rows of the tail and of the new candles; those of the tail have no score. */
  readonly scored: ScoredRows;
}

/**
 * Test, then train: each new candle is scored by the head as it is, then absorbed. `columns` are later than all that
 * the head knows. A candle that gives no complete row (warm-up behind a gap) enters the features of later ones only.
 */
export const learn = (
  head: LineageHead,
  columns: CandleColumns,
  onAbsorbed?: (done: number, of: number) => void,
): Learned => {
  const { timeframeMs, scaler, online } = head;
  const known = behindTail(head.tail, columns);
  const features = completeRows(candleFeatures(known, { timeframeMs }));
  const D = features.names.length;
  const bars = features.openTimeMs.map((time) => Math.floor(time / timeframeMs));
  const from = bars.findIndex((bar) => bar > online.lastBar);
  const firstNew = from < 0 ? bars.length : from;
  const newRows = scaleRows(scaler, features.rows.subarray(firstNew * D));
  const newBars = bars.subarray(firstNew);
  const told = (done: number): void => onAbsorbed?.(done, newBars.length);
  const { state, logLikelihood } = absorb(online, newBars, newRows, told);
  const scores = new Float64Array(bars.length).fill(Number.NaN);
  const jacobian = logJacobian(scaler);
  logLikelihood.forEach((value, i) => {
    scores[firstNew + i] = value + jacobian;
  });
  const { openTimeMs, rows } = features;
  return {
    head: {
      ...head,
      online: state,
      tail: tailOf(known),
      trainedRanges: appendRanges(head.trainedRanges, runsOf(columns.openTimeMs, timeframeMs), timeframeMs),
      prequential: addScores(head.prequential, openTimeMs.subarray(firstNew), scores.subarray(firstNew)),
    },
    scored: { openTimeMs, rows, head: scores, timeframeMs },
  };
};

/** Added up candle by candle, so that the sum is the same bits however the candles are cut. */
export const addScores = (
  before: ScoreSum | null,
  times: Float64Array,
  scores: Float64Array,
): ScoreSum | null => {
  if (times.length === 0) return before;
  return {
    fromMs: before?.fromMs ?? times[0]!,
    toMs: times.at(-1)!,
    candles: (before?.candles ?? 0) + times.length,
    sum: scores.reduce((a, b) => a + b, before?.sum ?? 0),
  };
};
