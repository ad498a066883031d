import { log } from '../../numerics/elementary.ts';
import type { Hmm } from '../model.ts';
import type { Shape } from '../plain-e-step.ts';
import { type Arena, borrowArena, createArena } from './arena.ts';
import { backwardFirst, forwardFirst } from './first-pass.ts';
import { layoutOf } from './layout.ts';
import type { Piece } from './partition.ts';
import { residentRows, residentSize, stagedRows } from './rows.ts';
import { backwardSecond, forwardSecond } from './second-pass.ts';
import { createSpan, type Output, type Pass, type Span, spanSize } from './span.ts';

/** Pieces of data in the memory of one thread. */
export interface Workshop {
  readonly arena: Arena;
  /** In the order of the pieces it was made for. */
  readonly spans: readonly Span[];
}

/**
 * Memory for the pieces, whose rows are taken from `rows` [T·D]. Rows that are read often are copied once where copy
 * and arrays together stay within 3·T·K doubles; otherwise block by block, at every pass.
 */
export const createWorkshop = (
  shape: Shape,
  rows: Float64Array,
  pieces: readonly Piece[],
  use: 'once' | 'often' = 'often',
): Workshop => {
  const { nStates: K, nFeatures: D } = shape;
  const { paddedStates: P } = layoutOf(shape);
  const isResident = use === 'often' && D + 2 * P < 3 * K;
  const sizes = pieces.map(
    ({ from, to }) => spanSize(to - from, P) + (isResident ? residentSize(to - from, D) : 0),
  );
  const size = sizes.reduce((a, b) => a + b, 0);
  const arena = use === 'often' ? createArena(shape, size) : borrowArena(shape, size);
  const spans = pieces.map(({ from, to, sequenceStarts }) => {
    const own = rows.subarray(from * D, to * D);
    const blocked = isResident ? residentRows(arena, own) : stagedRows(arena, own);
    return createSpan(arena, blocked, to - from, sequenceStarts);
  });
  return { arena, spans };
};

/** The pass that needs nothing from other pieces. Undefined: weights vanish, the plain path must do it. */
export const firstPass = (kind: Piece['kind'], span: Span, model: Hmm): Pass | undefined =>
  kind === 'secondHalf' ? backwardFirst(span) : forwardFirst(span, model);

/** The pass that makes the statistics; halves need the end of each other's first pass. False: not finite. */
export const secondPass = (
  kind: Piece['kind'],
  span: Span,
  model: Hmm,
  output: Output,
  other?: Float64Array,
): boolean =>
  kind === 'secondHalf'
    ? forwardSecond(span, model, output, other!)
    : backwardSecond(span, model, output, other);

/** ln p of a sequence from the first passes of its halves: Σ ln c + Σ ln r + ln Σ αⱼ aⱼₖ uₖ. */
export const meet = ({ transition, nStates: K }: Hmm, first: Pass, second: Pass): number => {
  let sum = 0;
  for (let j = 0; j < K; j++) {
    for (let k = 0; k < K; k++) sum += first.end[j]! * transition[j * K + k]! * second.end[k]!;
  }
  return first.logScale + second.logScale + log(sum);
};
