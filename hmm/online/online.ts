import { exp } from '../../numerics/elementary.ts';
import { forward, predict } from '../forward.ts';
import { HmmError } from '../hmm-error.ts';
import { forwardLog } from '../log-space.ts';
import { fromParameters, type Hmm, toParameters } from '../model.ts';
import type { Statistics } from '../statistics.ts';
import { checkConfig, configHash, type OnlineConfig } from './config.ts';
import { closeState, type Learner, learnBlock, openState, plain, storeStatistics } from './learner.ts';
import type { OnlineState } from './state.ts';

export interface Genesis {
  readonly model: Hmm;
  readonly config: OnlineConfig;
  /** First bar of genesis: blocks are counted from it. */
  readonly firstBar: number;
  /** Last bar of genesis. */
  readonly bar: number;
  /** Of the E-step over the rows of genesis; their mean and covariance are what the prior stays centred on. */
  readonly statistics: Statistics;
  /** P(state at `bar` | genesis). [K] */
  readonly filter: Float64Array;
}

export interface Absorbed {
  readonly state: OnlineState;
  /** [n]: ln p(row | bars before it) under the parameters of its block, nats; NaN for bars that were skipped. */
  readonly logLikelihood: Float64Array;
  /** Bars up to the watermark, which change nothing. */
  readonly skipped: number;
}

/** Bars between two calls of `onBars`: some 30 ms. */
const toldEvery = 10_000;

/** The state after genesis. Throws `InvalidModel` or `InvalidData`. */
export const startOnline = (genesis: Genesis): OnlineState => {
  const { model, config, firstBar, bar, statistics, filter } = genesis;
  checkConfig(config);
  if (model.degreesOfFreedom)
    throw new HmmError('InvalidModel', 'online learning is of Gaussian emissions; the model is Student-t');
  if (!Number.isSafeInteger(firstBar) || !Number.isSafeInteger(bar) || bar < firstBar)
    throw new HmmError('InvalidData', `genesis cannot be the bars ${firstBar} to ${bar}`);
  return {
    schema: 'autotrain-online/1',
    config,
    configHash: configHash(config),
    ...{ firstBar, lastBar: bar, absorbed: 0, blocks: 0, repairs: 0, floored: 0 },
    model: toParameters(model),
    filter: plain(filter),
    pending: { before: null, beforeBar: bar, bars: [], rows: [] },
    statistics: storeStatistics(statistics),
    ground: groundOf(statistics),
  };
};

/** Mean and covariance of the rows that the statistics are of: Σₖ of the moments about their mean. */
const groundOf = ({ centre, weight, products }: Statistics): OnlineState['ground'] => {
  const D = centre.length;
  const rows = weight.reduce((a, b) => a + b, 0);
  const pooled = Array.from({ length: D * D }, (_, at) => {
    const [i, j] = [Math.floor(at / D), at % D];
    const lower = i >= j ? at : j * D + i;
    return weight.reduce((sum, _, k) => sum + products[k * D * D + lower]!, 0) / rows;
  });
  return { centre: plain(centre), pooled: plain(pooled) };
};

/**
 * Block online EM (Cappé 2011, J. Comput. Graph. Stat. 20(3), §2.2, with forgetting). Each bar is scored and filtered
 * under the parameters of its block; when the block is complete (its last index is there, or a bar of a later block, or
 * a gap longer than `longestGap`), S ← λⁿ S + S_block and the M-step. What comes out depends on the bars only, not on
 * how they are cut into calls.
 *
 * `bars` [n] are integers; those up to the watermark are skipped. `rows` [n·D] are scaled and complete (leave the others
 * out: they count as missing bars). `onBars` hears now and then how many of them are done. Throws `InvalidData`, `MissingValues` or `ImpossibleRow`; `state` is never changed.
 */
export const absorb = (
  state: OnlineState,
  bars: Float64Array,
  rows: Float64Array,
  onBars?: (done: number) => void,
): Absorbed => {
  const learner = openState(state);
  const { nStates: K, nFeatures: D } = learner.model;
  check(bars, rows, D);
  const scorer = createScorer(bars.length, K);
  const logLikelihood = new Float64Array(bars.length).fill(Number.NaN);
  let skipped = 0;
  for (let t = 0; t < bars.length; t++) {
    if (t % toldEvery === 0) onBars?.(t);
    const bar = bars[t]!;
    if (bar <= learner.lastBar) {
      skipped++;
      continue;
    }
    const isNew = bar - learner.lastBar - 1 > state.config.longestGap;
    if (learner.bars.length > 0 && (isNew || blockOf(state, bar) !== blockOf(state, learner.bars[0]!)))
      learnBlock(learner, state);
    if (learner.bars.length === 0) beginBlock(learner, isNew);
    logLikelihood[t] = scorer.score(learner, rows, t, isNew ? 0 : bar - learner.lastBar);
    take(learner, bar, rows, t * D, D);
    if (blockOf(state, bar + 1) !== blockOf(state, bar)) learnBlock(learner, state);
  }
  return { state: closeState(state, learner), logLikelihood, skipped };
};

export const modelOf = (state: OnlineState): Hmm => fromParameters(state.model);

/** P(state at the last bar | bars up to it). [K] */
export const filterOf = (state: OnlineState): Float64Array => Float64Array.from(state.filter);

const check = (bars: Float64Array, rows: Float64Array, D: number): void => {
  if (rows.length !== bars.length * D)
    throw new HmmError('InvalidData', `${rows.length} numbers are not ${bars.length} rows of ${D} features`);
  if (!bars.every(Number.isSafeInteger)) throw new HmmError('InvalidData', 'a bar index is not an integer');
  for (const value of rows) {
    if (Number.isNaN(value))
      throw new HmmError('MissingValues', 'rows must be complete; leave out the others');
    if (!Number.isFinite(value)) throw new HmmError('InvalidData', 'a value is infinite');
  }
};

const blockOf = ({ firstBar, config }: OnlineState, bar: number): number =>
  Math.floor((bar - firstBar) / config.blockLength);

const beginBlock = (learner: Learner, isNew: boolean): void => {
  learner.before = isNew ? undefined : learner.filter;
  learner.beforeBar = learner.lastBar;
};

const take = (learner: Learner, bar: number, rows: Float64Array, at: number, D: number): void => {
  for (let d = at; d < at + D; d++) learner.rows.push(rows[d]!);
  learner.bars.push(bar);
  learner.lastBar = bar;
  learner.absorbed++;
};

/** One-step filter over the rows of one call; its arrays are made once. */
const createScorer = (n: number, K: number) => {
  const b = new Float64Array(n * K);
  const alpha = new Float64Array(n * K);
  const logLikelihood = new Float64Array(n);
  const predicted = new Float64Array(K);
  return {
    /** Filters row t, `steps` bars after the learner's filter (0: a new sequence), and returns ln p. */
    score(learner: Learner, rows: Float64Array, t: number, steps: number): number {
      const { model, density } = learner;
      const span = { from: t, to: t + 1 };
      const prior = steps === 0 ? model.start : priorAfter(model, learner.filter, steps);
      predicted.set(prior);
      density.fill(rows, t, t + 1, b);
      if (!forward(model, span, b, alpha, logLikelihood, predicted)) {
        density.fill(rows, t, t + 1, b);
        forwardLog(model, span, b, alpha, logLikelihood, prior);
        for (let k = t * K; k < (t + 1) * K; k++) alpha[k] = exp(alpha[k]!);
      }
      learner.filter = alpha.subarray(t * K, (t + 1) * K);
      return logLikelihood[t]!;
    },
  };
};

const priorAfter = (model: Hmm, filter: Float64Array, steps: number): Float64Array => {
  let now = filter;
  for (let step = 0; step < steps; step++) {
    const next = new Float64Array(model.nStates);
    predict(model.transition, now, 0, next, model.nStates);
    now = next;
  }
  return now;
};
