import { type Evaluation, evaluateModel } from '../../backtest/evaluation.ts';
import { candleFeatures, completeRows, type FeatureRows } from '../../features/candle-features.ts';
import { HmmError } from '../../hmm/hmm-error.ts';
import { fromParameters } from '../../hmm/model.ts';
import { modelOf } from '../../hmm/online/online.ts';
import { type CandleColumns, pickColumns } from '../../ledger/candle-columns.ts';
import type { LineageHead } from '../../registry/head-file.ts';
import type { SeriesModel } from '../../registry/model-file.ts';
import { behindTail } from './tail.ts';

/** Fewer candles say nothing of a mean. */
const leastHeldOut = 10;

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

export interface RetrainJudgement {
  readonly evaluation?: Evaluation;
  /** Why there is none. */
  readonly warnings: readonly string[];
}

/**
 * The candles of a retrain under the model as it stood before it learned from them, against baselines fitted on what the
 * lineage had been trained on until then. Model, baselines and champion are all frozen at the first of these candles,
 * so none has seen more than the others. What is learned does not depend on it.
 */
export const judgeRetrain = (retrain: RetrainToJudge): RetrainJudgement => {
  if (!retrain.past) return { warnings: [] };
  const features = rowsOf(retrain, retrain.past);
  const cut = firstNewRow(features, retrain.before);
  const why = whyNot(features.openTimeMs.length, cut, retrain.before);
  return why === undefined ? judged(retrain, features, cut) : { warnings: [notCompared(why)] };
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

const whyNot = (rows: number, cut: number, { online }: LineageHead): string | undefined => {
  const needed = 50 * online.model.startProbability.length;
  if (rows - cut < leastHeldOut) return `${rows - cut} new candles, ${leastHeldOut} are needed`;
  if (cut < needed) return `${cut} stored candles to fit baselines on, ${needed} are needed`;
  return undefined;
};

export const notCompared = (why: string): string => `not compared with baselines: ${why}`;

/** A baseline that cannot be fitted is no reason to lose the training. */
const judged = (
  { before, champion, seed }: RetrainToJudge,
  features: FeatureRows,
  cut: number,
): RetrainJudgement => {
  const own = { model: modelOf(before.online), scaler: before.scaler };
  const previous = previousOf(champion, features.openTimeMs[cut]!);
  try {
    return { evaluation: evaluateModel(features, own, { cut, seed, ...previous }), warnings: [] };
  } catch (error) {
    if (!(error instanceof HmmError)) throw error;
    return { warnings: [notCompared(error.message)] };
  }
};

/** What serves, where it has seen none of the new candles. */
const previousOf = (champion: SeriesModel | undefined, newFromMs: number) =>
  champion && champion.trainedRange.toMs < newFromMs
    ? { previous: { model: fromParameters(champion.hmm), scaler: champion.scaler } }
    : {};
