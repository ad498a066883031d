import type { Hmm } from '../model.ts';
import { type Observations, rowCount, type Span, spans } from '../observations.ts';
import { type Decoded, demandPath, firstLargest, logarithms } from '../viterbi.ts';
import { type Arena, borrowArena } from './arena.ts';
import { type Block, blocksOf, emit, type Segment } from './blocks.ts';
import { layoutOf, wordSize } from './layout.ts';
import { stagedRows } from './rows.ts';
import { pointerStride, stateCode } from './viterbi-code.ts';

/** Bytes of a state in the path. */
const stateSize = 4;

/** One decoding in the memory of a kernel. */
interface Decoding {
  readonly arena: Arena;
  /** Address of the pointers back, [T] words of 4 bits a state, which overlap. */
  readonly pointers: number;
  /** Address of [T] 32-bit states. */
  readonly path: number;
}

/**
 * The most probable path, the same bits as by the plain path: every sum is in the same order. No lattice is kept, only
 * pointers back, 4 bits each. Throws `ImpossibleRow` where no path explains a sequence.
 */
export const kernelViterbi = (model: Hmm, data: Observations): Decoded => {
  const T = rowCount(data);
  const pointerSize = Math.ceil((T * pointerStride(layoutOf(model))) / wordSize) + 1;
  const pathSize = Math.ceil(T / 2);
  const arena = borrowArena(model, pointerSize + pathSize);
  const decoding = { arena, pointers: arena.allocate(pointerSize), path: arena.allocate(pathSize) };
  arena.loadLogarithms(model, logarithms(model.transition));
  const logprob = decode(decoding, model, data);
  return { path: new Int32Array(arena.doubles.buffer, decoding.path, T).slice(), logprob };
};

/** Returns Σ ln P of the paths. */
const decode = (decoding: Decoding, model: Hmm, data: Observations): number => {
  const { arena } = decoding;
  const { layout, doubles } = arena;
  const rows = stagedRows(arena, data.rows);
  const logStart = logarithms(model.start);
  const delta = doubles.subarray(layout.delta / wordSize, layout.delta / wordSize + layout.nStates);
  let logprob = 0;
  let sequenceFrom = 0;
  const starts = spans(data).map(({ from }) => from);
  for (const block of blocksOf(rowCount(data), starts)) {
    emit(arena, rows, layout.gamma, { ...block, from: 0, to: block.to - block.from });
    for (const segment of block.segments) {
      if (segment.begins) sequenceFrom = segment.from;
      climbSegment(decoding, block, segment, delta, logStart);
      if (segment.ends) logprob += walkBack(decoding, { from: sequenceFrom, to: segment.to }, delta);
    }
  }
  return logprob;
};

const climbSegment = (
  { arena, pointers }: Decoding,
  block: Block,
  { from, to, begins }: Segment,
  delta: Float64Array,
  logStart: Float64Array,
): void => {
  const { layout, doubles, functions } = arena;
  const { paddedStates: P } = layout;
  const logB = layout.gamma + (from - block.from) * P * wordSize;
  if (begins) {
    logStart.forEach((log, k) => {
      delta[k] = log + doubles[logB / wordSize + k]!;
    });
  }
  const first = begins ? from + 1 : from;
  if (first === to) return;
  const skipped = (first - from) * P * wordSize;
  functions.climb!(logB + skipped, pointers + first * pointerStride(layout), to - first);
};

/** Writes the states of one sequence, whose last δ is given; returns ln P of its path. */
const walkBack = ({ arena, pointers, path }: Decoding, span: Span, delta: Float64Array): number => {
  const { layout, functions, doubles } = arena;
  const last = span.to - 1;
  const state = firstLargest(delta, 0, layout.nStates);
  demandPath(delta[state]!, span);
  new Int32Array(doubles.buffer)[path / stateSize + last] = state;
  const count = last - span.from;
  if (count > 0) {
    const from = pointers + last * pointerStride(layout);
    functions.walkBack!(from, path + (last - 1) * stateSize, stateCode(state, layout), count);
  }
  return delta[state]!;
};
