import type { Workspace } from '../forward-backward.ts';
import { maximise } from '../m-step.ts';
import { createDensity, type Density } from '../missing.ts';
import { fromParameters, type Hmm, toParameters } from '../model.ts';
import { defaultPrior, type Prior } from '../prior.ts';
import type { Statistics } from '../statistics.ts';
import { addBlock, blockWorkspace, discount } from './block.ts';
import type { OnlineState } from './state.ts';

/** An `OnlineState` opened for work: the same numbers in typed arrays, changed in place. */
export interface Learner {
  readonly model: Hmm;
  readonly statistics: Statistics;
  filter: Float64Array;
  lastBar: number;
  absorbed: number;
  blocks: number;
  repairs: number;
  floored: number;
  before: Float64Array | undefined;
  beforeBar: number;
  bars: number[];
  rows: number[];
  /** Of `model`; made anew with it. */
  density: Density;
  /** Stays what it is from genesis on. */
  readonly prior: Prior;
  readonly workspace: Workspace;
}

export const openState = (state: OnlineState): Learner => {
  const { statistics, pending, ground } = state;
  const model = fromParameters(state.model);
  const [centre, pooled] = [Float64Array.from(ground.centre), Float64Array.from(ground.pooled)];
  return {
    model,
    density: createDensity(model),
    workspace: blockWorkspace(model, state.config),
    prior: defaultPrior(model, centre, pooled, state.config.strength),
    statistics: {
      centre: Float64Array.from(statistics.centre),
      start: Float64Array.from(statistics.start),
      transitions: Float64Array.from(statistics.transitions),
      weight: Float64Array.from(statistics.weight),
      sums: Float64Array.from(statistics.sums),
      products: Float64Array.from(statistics.products),
    },
    filter: Float64Array.from(state.filter),
    lastBar: state.lastBar,
    absorbed: state.absorbed,
    blocks: state.blocks,
    repairs: state.repairs,
    floored: state.floored,
    before: pending.before ? Float64Array.from(pending.before) : undefined,
    beforeBar: pending.beforeBar,
    bars: [...pending.bars],
    rows: [...pending.rows],
  };
};

/** The record of a learner; what is fixed since genesis comes from `state`. */
export const closeState = (state: OnlineState, learner: Learner): OnlineState => {
  const { lastBar, absorbed, blocks, repairs, floored } = learner;
  return {
    ...state,
    ...{ lastBar, absorbed, blocks, repairs, floored },
    model: toParameters(learner.model),
    filter: plain(learner.filter),
    pending: {
      before: learner.before ? plain(learner.before) : null,
      beforeBar: learner.beforeBar,
      bars: learner.bars,
      rows: plain(learner.rows),
    },
    statistics: storeStatistics(learner.statistics),
  };
};

export const storeStatistics = (statistics: Statistics): OnlineState['statistics'] => ({
  centre: plain(statistics.centre),
  start: plain(statistics.start),
  transitions: plain(statistics.transitions),
  weight: plain(statistics.weight),
  sums: plain(statistics.sums),
  products: plain(statistics.products),
});

/** −0 becomes 0, because JSON would change it. */
export const plain = (values: ArrayLike<number>): number[] => Array.from(values, (v) => (v === 0 ? 0 : v));

/** S ← λⁿ S + S_block over the n bars that the pending block holds, then the MAP M-step; the block is then empty. */
export const learnBlock = (learner: Learner, { config }: OnlineState): void => {
  const { statistics, bars, density, prior, workspace } = learner;
  discount(statistics, decay(config.effectiveBars, bars.length));
  const { before, beforeBar } = learner;
  const block = { before, beforeBar, bars, rows: Float64Array.from(learner.rows) };
  addBlock(learner.model, block, statistics, { density, workspace });
  const report = maximise(learner.model, statistics, prior);
  learner.density = createDensity(learner.model);
  learner.blocks++;
  learner.repairs += report.repairs;
  learner.floored += report.floored;
  learner.before = undefined;
  learner.bars = [];
  learner.rows = [];
};

/** λⁿ by multiplication, because the bits of Math.pow depend on the engine. */
const decay = (effectiveBars: number | null, n: number): number => {
  let result = 1;
  if (effectiveBars !== null) for (let i = 0; i < n; i++) result *= 1 - 1 / effectiveBars;
  return result;
};
