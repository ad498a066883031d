import { createWorkspace, forwardBackward } from '../forward-backward.ts';
import type { Hmm } from '../model.ts';
import { accumulate, type Statistics } from '../statistics.ts';

/** Consecutive bars of one sequence. */
export interface Block {
  /** Filter at bar `beforeBar`, undefined where the block starts a sequence. [K] */
  readonly before: Float64Array | undefined;
  readonly beforeBar: number;
  readonly bars: readonly number[];
  /** [bars·D] */
  readonly rows: Float64Array;
}

/**
 * The E-step over a block, added to `statistics`.
 *
 * The bar before the block comes in as a row without observation whose distribution is the carried filter, so the
 * transition into the block is counted once, here; missing bars are rows without observation as well, so A^gap and the
 * expected transitions inside the gap follow. At the end of the block β = 1: its last bars are smoothed by what is in
 * the block only, and what comes later does not change them (a fixed lag would delay the parameters by that lag).
 */
export const addBlock = (model: Hmm, block: Block, statistics: Statistics): void => {
  const { nStates: K, nFeatures: D } = model;
  const first = block.before ? block.beforeBar : block.bars[0]!;
  const length = block.bars.at(-1)! - first + 1;
  const rows = new Float64Array(length * D).fill(Number.NaN);
  block.bars.forEach((bar, i) => {
    rows.set(block.rows.subarray(i * D, (i + 1) * D), (bar - first) * D);
  });
  const data = { rows, nFeatures: D, sequenceStarts: [0] };
  const workspace = createWorkspace(data, K);
  const from = block.before ? { ...model, start: block.before } : model;
  forwardBackward(from, data, workspace, statistics.transitions);
  const gamma = new Float64Array(block.bars.length * K);
  block.bars.forEach((bar, i) => {
    gamma.set(workspace.gamma.subarray((bar - first) * K, (bar - first + 1) * K), i * K);
  });
  const sequenceStarts = block.before ? [] : [0];
  accumulate(model, { rows: block.rows, nFeatures: D, sequenceStarts }, { gamma }, statistics);
};

/** Multiplies all statistics by `factor`; the centre stays. */
export const discount = (statistics: Statistics, factor: number): void => {
  const { start, transitions, weight, sums, products } = statistics;
  for (const values of [start, transitions, weight, sums, products]) {
    for (let i = 0; i < values.length; i++) values[i] = values[i]! * factor;
  }
};
