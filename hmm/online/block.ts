import { createWorkspace, forwardBackward, type Workspace } from '../forward-backward.ts';
import type { Density } from '../missing.ts';
import type { Hmm } from '../model.ts';
import { accumulate, type Statistics } from '../statistics.ts';
import type { OnlineConfig } from './config.ts';

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
export const addBlock = (
  model: Hmm,
  block: Block,
  statistics: Statistics,
  prepared?: { readonly density: Density; readonly workspace: Workspace },
): void => {
  const { nStates: K, nFeatures: D } = model;
  const first = block.before ? block.beforeBar : block.bars[0]!;
  const length = block.bars.at(-1)! - first + 1;
  const rows = new Float64Array(length * D).fill(Number.NaN);
  block.bars.forEach((bar, i) => {
    for (let d = 0; d < D; d++) rows[(bar - first) * D + d] = block.rows[i * D + d]!;
  });
  const data = { rows, nFeatures: D, sequenceStarts: [0] };
  const workspace = prepared?.workspace ?? createWorkspace(data, K);
  const from = block.before ? { ...model, start: block.before } : model;
  forwardBackward(from, data, workspace, statistics.transitions, prepared?.density);
  const gamma = new Float64Array(block.bars.length * K);
  block.bars.forEach((bar, i) => {
    for (let k = 0; k < K; k++) gamma[i * K + k] = workspace.gamma[(bar - first) * K + k]!;
  });
  const sequenceStarts = block.before ? [] : [0];
  accumulate(model, { rows: block.rows, nFeatures: D, sequenceStarts }, { gamma }, statistics);
};

/** Room for every block: its bars, the gap that may lead into it and the bar before. */
export const blockWorkspace = (
  { nStates, nFeatures }: Hmm,
  { blockLength, longestGap }: OnlineConfig,
): Workspace => {
  const rows = new Float64Array((blockLength + longestGap + 1) * nFeatures);
  return createWorkspace({ rows, nFeatures, sequenceStarts: [0] }, nStates);
};

/** Multiplies all statistics by `factor`; the centre stays. */
export const discount = (statistics: Statistics, factor: number): void => {
  const { start, transitions, weight, sums, products } = statistics;
  for (const values of [start, transitions, weight, sums, products]) {
    for (let i = 0; i < values.length; i++) values[i] = values[i]! * factor;
  }
};
