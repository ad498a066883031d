import { createHash } from 'node:crypto';
import { longestGap } from '../../features/candle-features.ts';
import { createStep, type Step } from '../../hmm/filter.ts';
import { predict } from '../../hmm/forward.ts';
import { fromParameters, type Hmm } from '../../hmm/model.ts';
import { logJacobian, scaleRows } from '../../hmm/scaler.ts';
import type { BlockScores } from '../../registry/gate.ts';
import type { ChampionComparison } from '../../registry/head-file.ts';
import type { SeriesModel } from '../../registry/model-file.ts';

/** More blocks than this are joined two by two, so the record stays bounded however long a champion serves. */
const mostBlocks = 4096;

/** Complete feature rows of one series, unscaled, ascending; what the head said of those that it scored. */
export interface ScoredRows {
  readonly openTimeMs: Float64Array;
  /** [n·D] */
  readonly rows: Float64Array;
  /** [n]: nats in unscaled features; NaN where the head learned from the candle before, or did not score it. */
  readonly head: Float64Array;
  readonly timeframeMs: number;
}

export const championHashOf = ({ hmm, scaler }: SeriesModel): string =>
  createHash('sha256')
    .update(JSON.stringify([hmm, scaler]))
    .digest('hex');

/**
 * Goes on with a comparison, or begins one when the champion is another model than before. The champion is frozen; its
 * filter is carried over, at the start it is warmed up on the rows before the first that counts. Only candles count
 * that the head scored before it learned from them and that are later than the champion's own training.
 */
export const continueComparison = (
  before: ChampionComparison | undefined,
  champion: SeriesModel,
  scored: ScoredRows,
): ChampionComparison => {
  const championHash = championHashOf(champion);
  const begun = before?.championHash === championHash ? before : emptyComparison(championHash);
  const state = { ...begun, blocks: [...begun.blocks], open: { ...begun.open } };
  const score = createScorer(champion, begun, scored.timeframeMs);
  const D = champion.scaler.mean.length;
  const rows = scaleRows(champion.scaler, scored.rows);
  const jacobian = logJacobian(champion.scaler);
  scored.openTimeMs.forEach((time, i) => {
    if (time <= state.lastMs) return;
    const { logLikelihood, prob } = score(time, rows.subarray(i * D, (i + 1) * D));
    state.lastMs = time;
    state.filter = Array.from(prob);
    const head = scored.head[i]!;
    if (Number.isNaN(head) || time <= champion.trainedRange.toMs) return;
    state.fromMs ??= time;
    count(state, head, logLikelihood + jacobian);
  });
  return state;
};

const emptyComparison = (championHash: string): ChampionComparison => ({
  championHash,
  filter: [],
  lastMs: 0,
  fromMs: null,
  candles: 0,
  headSum: 0,
  championSum: 0,
  blockLength: 1,
  blocks: [],
  open: { candles: 0, sum: 0 },
});

/** One step of the frozen filter; as for the head, up to `longestGap` missing candles are bridged by powers of A. */
const createScorer = (champion: SeriesModel, begun: ChampionComparison, timeframeMs: number) => {
  const model = fromParameters(champion.hmm);
  const step: Step = createStep(model);
  let prob: Float64Array | undefined = begun.filter.length > 0 ? Float64Array.from(begun.filter) : undefined;
  let lastMs = begun.lastMs;
  return (time: number, row: Float64Array) => {
    const missing = (time - lastMs) / timeframeMs - 1;
    if (missing > longestGap) prob = undefined;
    else for (let bar = 0; prob && bar < missing; bar++) prob = oneBarLater(model, prob);
    const result = step(prob, row);
    prob = result.prob;
    lastMs = time;
    return result;
  };
};

const oneBarLater = (model: Hmm, prob: Float64Array): Float64Array => {
  const next = new Float64Array(model.nStates);
  predict(model.transition, prob, 0, next, model.nStates);
  return next;
};

interface Counts {
  candles: number;
  headSum: number;
  championSum: number;
  blockLength: number;
  blocks: number[];
  open: { candles: number; sum: number };
}

const count = (state: Counts, head: number, champion: number): void => {
  state.candles++;
  state.headSum += head;
  state.championSum += champion;
  state.open.candles++;
  state.open.sum += head - champion;
  if (state.open.candles < state.blockLength) return;
  state.blocks.push(state.open.sum);
  state.open = { candles: 0, sum: 0 };
  if (state.blocks.length > mostBlocks) joinBlocks(state);
};

/** `mostBlocks` is even, so one block is left over: it becomes the open one, half full. */
const joinBlocks = (state: Counts): void => {
  const { blocks, blockLength } = state;
  const last = blocks.at(-1)!;
  state.blocks = Array.from({ length: mostBlocks / 2 }, (_, i) => blocks[2 * i]! + blocks[2 * i + 1]!);
  state.open = { candles: blockLength, sum: last };
  state.blockLength = 2 * blockLength;
};

export const blockScores = (comparison: ChampionComparison): BlockScores => {
  const { candles, headSum, championSum, blockLength, blocks, open } = comparison;
  const difference = (blocks.reduce((a, b) => a + b, 0) + open.sum) / candles;
  return {
    candles,
    candidate: headSum / candles,
    champion: championSum / candles,
    difference,
    blocks: Float64Array.from(blocks, (sum) => sum / blockLength),
  };
};
