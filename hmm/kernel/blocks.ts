import { log } from '../../numerics/elementary.ts';
import type { Arena } from './arena.ts';
import { blockLength, wordSize } from './layout.ts';
import type { BlockedRows } from './rows.ts';
import { transitionTile } from './statistics-code.ts';

/** A part of one sequence: the frames [from, to); whether its first is the first of the sequence, its last the last. */
export interface Segment {
  readonly from: number;
  readonly to: number;
  readonly begins: boolean;
  readonly ends: boolean;
}

/** Frames [from, to) of a span that are worked on together. */
export interface Block {
  readonly index: number;
  readonly from: number;
  readonly to: number;
  readonly segments: readonly Segment[];
}

/** Cuts the frames of sequences that begin at `starts` (ascending). */
export const blocksOf = (rowCount: number, starts: readonly number[]): Block[] => {
  let next = 0;
  return Array.from({ length: Math.ceil(rowCount / blockLength) }, (_, index) => {
    const from = index * blockLength;
    const to = Math.min(from + blockLength, rowCount);
    const inside: number[] = [];
    while (next < starts.length && starts[next]! < to) inside.push(starts[next++]!);
    const cuts = inside[0] === from ? inside : [from, ...inside];
    const segments = cuts.map((cut, i) => ({
      from: cut,
      to: cuts[i + 1] ?? to,
      begins: i > 0 || inside[0] === from,
      ends: i + 1 < cuts.length || to === rowCount || starts[next] === to,
    }));
    return { index, from, to, segments };
  });
};

/** ln b of a block, written to the frames at `b`. */
export const emit = ({ layout, functions }: Arena, rows: BlockedRows, b: number, block: Block): void => {
  const rowBytes = layout.paddedStates * wordSize;
  const source = rows.block(block.index);
  for (let k = 0; k < layout.paddedStates; k += 2) {
    const parameters = layout.emissions + 2 * k * layout.emissionSize * wordSize;
    const column = b + k * wordSize;
    functions.logEmissions!(source, parameters, column + block.from * rowBytes, column + block.to * rowBytes);
  }
};

/** exp(ln b − largest) in place; returns the sum of the largest. */
export const exponentiate = ({ layout, functions }: Arena, b: number, { from, to }: Block): number => {
  const rowBytes = layout.paddedStates * wordSize;
  const largest = functions.subtractLargest!(b + from * rowBytes, b + to * rowBytes);
  functions.exponentials!(b + from * rowBytes, b + to * rowBytes);
  return largest;
};

/** Adds the moments of a block whose γ are in `layout.gamma`. */
export const addMoments = (
  { layout, functions, momentChunks }: Arena,
  rows: BlockedRows,
  block: Block,
): void => {
  const { paddedStates: P, momentCount } = layout;
  const source = rows.block(block.index);
  const count = block.to - block.from;
  const end = layout.centred + count * layout.pairedFeatures * wordSize;
  functions.centreRows!(source, source + count * wordSize);
  for (let k = 0; k < P; k += 2) {
    const out = layout.moments + k * momentCount * wordSize;
    const gamma = layout.gamma + k * wordSize;
    for (const add of momentChunks) add(gamma, layout.centred, out, end);
  }
};

/** Adds Σ leftⱼ rightₖ over `count` frames; both are addresses of frames. */
export const addTransitions = (
  { layout, functions }: Arena,
  left: number,
  right: number,
  count: number,
): void => {
  const { paddedStates: P } = layout;
  const tile = transitionTile(layout);
  for (let j = 0; j < P; j += tile) {
    const begin = left + j * wordSize;
    const out = layout.transitionProducts + j * P * wordSize;
    functions.transitions!(begin, right, out, begin + count * P * wordSize);
  }
};

/**
 * −Σ ln of the `count` doubles in `layout.totals`, which hold 1/c: Σ ln c. Undefined when one is too large.
 */
export const logScales = ({ layout, functions, doubles }: Arena, count: number): number | undefined => {
  const totals = layout.totals / wordSize;
  const even = count + (count % 2);
  if (even > count) doubles[totals + count] = 1;
  if (functions.logProduct!(layout.totals, layout.totals + even * wordSize) === 0) return undefined;
  const product = layout.logProduct / wordSize;
  return -(log(doubles[product]!) + (doubles[product + 1]! - 1023 * even) * Math.LN2);
};
