import { isSparse } from '../forward.ts';
import type { Hmm } from '../model.ts';
import type { Statistics } from '../statistics.ts';
import type { Arena } from './arena.ts';
import { addMoments, addTransitions, type Block, type Segment } from './blocks.ts';
import { wordSize } from './layout.ts';
import { addSums, clearSums } from './read-statistics.ts';
import { frameAt, frameOf, type Output, type Span } from './span.ts';

/**
 * After `forwardFirst`, from the last row back. `next` is the end of `backwardFirst` of the second half of the
 * sequence; without it the last sequence ends here. False: what underflowed may matter, the plain path must do it.
 */
export const backwardSecond = (span: Span, model: Hmm, output: Output, next?: Float64Array): boolean => {
  const { arena, blocks, rowCount, b, u } = span;
  const sparse = isSparse(model);
  let copied = 0;
  clearSums(arena);
  setFrame(span, b, rowCount, next);
  for (const block of blocks.toReversed()) {
    for (const segment of block.segments.toReversed()) {
      const goesOn = next !== undefined && segment.to === rowCount;
      backwardSegment(span, block, { ...segment, ends: segment.ends && !goesOn });
    }
    const joint = frameAt(span, b, block.from + 1);
    addTransitions(arena, frameAt(span, u, block.from), joint, block.to - block.from);
    if (sparse && !areModest(arena, joint, block.to - block.from)) return false;
    copied += finishBlock(span, block, output);
  }
  return isWhole(span, model, output, copied);
};

/** After `backwardFirst`, from the first row on; `before` is the end of `forwardFirst` of the first half. */
export const forwardSecond = (span: Span, model: Hmm, output: Output, before: Float64Array): boolean => {
  const { arena, blocks, b, u } = span;
  const sparse = isSparse(model);
  let copied = 0;
  clearSums(arena);
  setFrame(span, b, -1, before);
  for (const block of blocks) {
    const { from, to } = block;
    arena.functions.forwardSecond!(
      frameAt(span, b, from),
      frameAt(span, u, from),
      arena.layout.gamma,
      to - from,
    );
    // The transition between the halves is counted by the first half.
    if (from === 0) setFrame(span, b, -1, undefined);
    const joint = frameAt(span, b, from - 1);
    addTransitions(arena, joint, frameAt(span, u, from), to - from);
    if (sparse && !areModest(arena, joint, to - from)) return false;
    copied += finishBlock(span, block, output);
  }
  return isWhole(span, model, output, copied);
};

/**
 * Where transitions vanish, a state whose weight underflowed (it was below 1e-300 · 1e90) could still be the only one
 * that leads on. The posterior that was lost with it is at most its weight times what `joint` holds, u / G; so it
 * is nothing while these are below `ratioLimit`. With transitions of 1e-100 and more they cannot be above.
 */
const areModest = ({ layout, functions }: Arena, joint: number, count: number): boolean =>
  functions.logProduct!(joint, joint + count * layout.paddedStates * wordSize) === 1;

/** γ of a part of a sequence that ends there or goes on; where the sequence begins, b becomes 0, so that no transition leads there. */
const backwardSegment = (span: Span, block: Block, { from, to, begins, ends }: Segment): void => {
  const { arena, b, u } = span;
  if (ends) gammaOf(span, block, to - 1).set(frameOf(span, u, to - 1));
  const first = ends ? to - 2 : to - 1;
  if (first >= from) {
    const gamma = frameAt(span, arena.layout.gamma, first - block.from);
    arena.functions.backwardSecond!(
      frameAt(span, b, first),
      frameAt(span, u, first),
      gamma,
      first - from + 1,
    );
  }
  if (begins) setFrame(span, b, from, undefined);
};

/** Returns the sum of the posteriors that were copied. */
const finishBlock = (span: Span, block: Block, { statistics, gamma }: Output): number => {
  if (statistics) {
    addStarts(span, block, statistics);
    addMoments(span.arena, span.rows, block);
  }
  return gamma ? copyGamma(span, block, gamma) : 0;
};

const addStarts = (span: Span, block: Block, { start }: Statistics): void => {
  for (const { from, begins } of block.segments) {
    if (!begins) continue;
    const gamma = gammaOf(span, block, from);
    for (let k = 0; k < start.length; k++) start[k] = start[k]! + gamma[k]!;
  }
};

const copyGamma = (span: Span, { from, to }: Block, gamma: Float64Array): number => {
  const { layout, doubles } = span.arena;
  const { nStates: K, paddedStates: P } = layout;
  let sum = 0;
  for (let t = from; t < to; t++) {
    const at = layout.gamma / wordSize + (t - from) * P;
    for (let k = 0; k < K; k++) {
      gamma[t * K + k] = doubles[at + k]!;
      sum += doubles[at + k]!;
    }
  }
  return sum;
};

/** The posteriors are those of all rows: a value that is not finite would have spoilt their sum. */
const isWhole = (span: Span, model: Hmm, { statistics }: Output, copied: number): boolean => {
  const weight = statistics ? addSums(span.arena, model, statistics) : copied;
  return Math.abs(weight - span.rowCount) <= 1e-6 * span.rowCount;
};

const gammaOf = (span: Span, block: Block, t: number): Float64Array =>
  frameOf(span, span.arena.layout.gamma, t - block.from);

const setFrame = (span: Span, base: number, t: number, value: Float64Array | undefined): void => {
  const frame = frameOf(span, base, t);
  if (value) frame.set(value);
  else frame.fill(0);
};
