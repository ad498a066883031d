import { candleFeatures, completeRows, warmUpCandles } from '../../features/candle-features.ts';
import type { CandleColumns } from '../../ledger/candle-columns.ts';
import { compare, type PairedComparison } from '../../registry/gate.ts';
import type { SeriesModel } from '../../registry/model-file.ts';
import { scoreServed } from '../ensemble.ts';

/** As many rows as make a filter forget where it began. */
const forgetfulRows = 160;

/** Candles to be read before the first one that counts. */
export const runUpCandles = warmUpCandles + forgetfulRows;

export interface LookRequest {
  readonly columns: CandleColumns;
  readonly timeframeMs: number;
  readonly champion: SeriesModel;
  readonly predecessor: SeriesModel;
  /** Which look at this promotion it is, from 1. */
  readonly look: number;
  /** Error of all looks at this series together. */
  readonly alpha: number;
}

/** Later candles are news to both: neither was trained on them. */
export const unseenFromMs = (champion: SeriesModel, predecessor: SeriesModel): number =>
  Math.max(champion.trainedRange.toMs, predecessor.trainedRange.toMs);

/** Champion against predecessor on the candles that neither has seen; `difference` is champion minus predecessor. */
export const lookAt = (request: LookRequest): PairedComparison => {
  const { columns, timeframeMs, champion, predecessor, look, alpha } = request;
  const features = completeRows(candleFeatures(columns, { timeframeMs }));
  const { rows, names, sequenceStarts, openTimeMs } = features;
  const observations = { rows, nFeatures: names.length, sequenceStarts };
  const fromMs = unseenFromMs(champion, predecessor);
  const unseen = (scores: Float64Array) => scores.filter((_, i) => openTimeMs[i]! > fromMs);
  return compare(
    unseen(scoreServed(champion, observations)),
    unseen(scoreServed(predecessor, observations)),
    { alpha, look, minDelta: 0, minCandles: 0 },
  );
};
