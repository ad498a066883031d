import { createStep, type Step } from '../filter.ts';
import { forecastState } from '../forecast.ts';
import { maximise } from '../m-step.ts';
import { copyModel, fromParameters, type Hmm, toParameters } from '../model.ts';
import { addBlock, type Block, discount } from '../online/block.ts';
import { plain, storeStatistics } from '../online/learner.ts';
import type { StoredStatistics } from '../online/state.ts';
import { defaultPrior } from '../prior.ts';
import type { Statistics } from '../statistics.ts';
import type { PooledSeries, PooledState } from './pooled-state.ts';

/** How the bars of one series fared in a round. */
export interface RoundScores {
  readonly bars: readonly number[];
  /** ln p(row | bars of the series before it) under the parameters before the round, nats in scaled units. */
  readonly logLikelihood: readonly number[];
}

export interface LearnedRound {
  readonly state: PooledState;
  /** By series, those without a bar in the round left out. */
  readonly scores: Readonly<Record<string, RoundScores>>;
}

/** Tests, then trains: every bar of the round is scored under the parameters before it, then S ← λⁿ S + Σ S_series. */
export const learnRound = (state: PooledState): LearnedRound => {
  const model = fromParameters(state.model);
  const step = createStep(model);
  const end = roundEnd(state, state.round);
  const parts = state.series.map((series) => take(state, model, step, series, end));
  const bars = parts.reduce((sum, { scores }) => sum + scores.bars.length, 0);
  const next = {
    ...state,
    round: state.round + 1,
    absorbed: state.absorbed + bars,
    series: parts.map(({ series }) => series),
  };
  const scores = parts.flatMap(({ series, scores }) =>
    scores.bars.length > 0 ? [[series.name, scores]] : [],
  );
  const blocks = parts.flatMap((part) => part.blocks);
  return {
    state:
      bars === 0
        ? next
        : learn(next, model, blocks, Math.max(...parts.map(({ scores }) => scores.bars.length))),
    scores: Object.fromEntries(scores) as LearnedRound['scores'],
  };
};

/** The last bar of a round. */
export const roundEnd = ({ firstBar, config }: PooledState, round: number): number =>
  firstBar + (round + 1) * config.online.blockLength - 1;

interface Taken {
  /** The series after the round: its buffer without the bars that were taken. */
  readonly series: PooledSeries;
  readonly blocks: readonly Block[];
  readonly scores: RoundScores;
}

/** Filters the bars of one series up to `end`; a gap longer than `longestGap` starts a new sequence and so a new block. */
const take = ({ config }: PooledState, model: Hmm, step: Step, series: PooledSeries, end: number): Taken => {
  const D = model.nFeatures;
  const count = series.bars.filter((bar) => bar <= end).length;
  const bars = series.bars.slice(0, count);
  const rows = Float64Array.from(series.rows.slice(0, count * D));
  const blocks: { before: Float64Array | undefined; beforeBar: number; bars: number[]; from: number }[] = [];
  const logLikelihood: number[] = [];
  let filter: Float64Array = Float64Array.from(series.filter);
  let last = series.lastBar;
  bars.forEach((bar, t) => {
    const isNew = bar - last - 1 > config.online.longestGap;
    if (t === 0 || isNew)
      blocks.push({ before: isNew ? undefined : filter, beforeBar: last, bars: [], from: t });
    blocks.at(-1)!.bars.push(bar);
    const before = isNew ? undefined : forecastState(model, filter, bar - last - 1);
    const scored = step(before, rows.subarray(t * D, (t + 1) * D));
    logLikelihood.push(scored.logLikelihood);
    filter = scored.prob;
    last = bar;
  });
  return {
    blocks: blocks.map(({ from, ...block }) => ({
      ...block,
      rows: rows.subarray(from * D, (from + block.bars.length) * D),
    })),
    scores: { bars, logLikelihood },
    series: {
      ...series,
      ...{ lastBar: last, filter: plain(filter) },
      ...{ bars: series.bars.slice(count), rows: series.rows.slice(count * D) },
    },
  };
};

const learn = (state: PooledState, before: Hmm, blocks: readonly Block[], bars: number): PooledState => {
  const { online } = state.config;
  const statistics = openStatistics(state.statistics);
  discount(statistics, decay(online.effectiveBars, bars));
  for (const block of blocks) addBlock(before, block, statistics);
  const model = copyModel(before);
  const { centre, pooled } = state.ground;
  const prior = defaultPrior(model, Float64Array.from(centre), Float64Array.from(pooled), online.strength);
  const { repairs, floored } = maximise(model, statistics, prior);
  return {
    ...state,
    repairs: state.repairs + repairs,
    floored: state.floored + floored,
    model: toParameters(model),
    statistics: storeStatistics(statistics),
  };
};

const openStatistics = (stored: StoredStatistics): Statistics =>
  Object.fromEntries(
    Object.entries(stored).map(([name, values]) => [name, Float64Array.from(values)]),
  ) as unknown as Statistics;

/** λⁿ by multiplication, because the bits of Math.pow depend on the engine. */
const decay = (effectiveBars: number | null, n: number): number => {
  let result = 1;
  if (effectiveBars !== null) for (let i = 0; i < n; i++) result *= 1 - 1 / effectiveBars;
  return result;
};
