import { candleFeatures, completeRows, type FeatureRows } from '../../features/candle-features.ts';
import { modelOf } from '../../hmm/online/online.ts';
import { type CandleColumns, pickColumns } from '../../ledger/candle-columns.ts';
import type { LineageHead } from '../../registry/head-file.ts';
import type { SeriesModel } from '../../registry/model-file.ts';
import { againstBaselines, type BaselineReport } from '../against-baselines.ts';
import { unseenChampion } from '../unseen-champion.ts';
import { behindTail } from './tail.ts';

export interface RetrainToJudge {
  /** As it was before the retrain … */
  readonly before: LineageHead;
  /** … and after it. */
  readonly after: LineageHead;
  /** What it was given to learn from. */
  readonly columns: CandleColumns;
  /** Older candles that the lineage was trained on, up to its tail; without them nothing is judged. */
  readonly past?: CandleColumns | undefined;
  readonly champion?: SeriesModel | undefined;
  readonly seed: number;
}

/**
 * The candles of a retrain under the model as it stood before it learned from them, against baselines fitted on what the
 * lineage had been trained on until then. Model, baselines and champion are all frozen at the first of these candles,
 * so none has seen more than the others. What is learned does not depend on it.
 */
export const judgeRetrain = (retrain: RetrainToJudge): BaselineReport => {
  const { before, champion, past, seed } = retrain;
  if (!past) return { warnings: [] };
  const features = rowsOf(retrain, past);
  const cut = firstNewRow(features, before);
  const own = { model: modelOf(before.online), scaler: before.scaler };
  const previous = unseenChampion(champion, features.openTimeMs[cut] ?? 0);
  return againstBaselines(features, own, { cut, seed, ...previous });
};

/** The newest candles come from the head's tail: the very copies that it was trained on. */
const rowsOf = ({ before, after, columns }: RetrainToJudge, past: CandleColumns): FeatureRows => {
  const { timeframeMs, tail } = before;
  const learnedToMs = (after.online.lastBar + 1) * timeframeMs;
  const known = behindTail(
    pickColumns(past, (time) => time < tail.openTimeMs[0]!),
    behindTail(tail, columns),
  );
  return completeRows(
    candleFeatures(
      pickColumns(known, (time) => time < learnedToMs),
      { timeframeMs },
    ),
  );
};

const firstNewRow = ({ openTimeMs }: FeatureRows, { online, timeframeMs }: LineageHead): number => {
  const first = openTimeMs.findIndex((time) => Math.floor(time / timeframeMs) > online.lastBar);
  return first < 0 ? openTimeMs.length : first;
};
