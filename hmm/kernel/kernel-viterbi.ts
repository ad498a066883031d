import type { Hmm } from '../model.ts';
import { type Observations, rowCount, type Span, spans } from '../observations.ts';
import { type Decoded, demandPath, firstLargest, logarithms } from '../viterbi.ts';
import { type Arena, createArena } from './arena.ts';
import { type Block, blocksOf, emit } from './blocks.ts';
import { layoutOf, wordSize } from './layout.ts';
import { stagedRows } from './rows.ts';

/** Bytes of a state in the path. */
const stateSize = 4;

/** One decoding in the memory of a kernel. */
interface Lattice {
  readonly arena: Arena;
  /** Address of [T·P], with a frame to spare at the end for the odd frame of a pair. */
  readonly frames: number;
  /** Address of [T] 32-bit states. */
  readonly path: number;
}

/**
 * The most probable path, the same bits as by the plain path: every sum is in the same order. Takes T·P + T/2 doubles.
 * Throws `ImpossibleRow` where no path explains a sequence.
 */
export const kernelViterbi = (model: Hmm, data: Observations): Decoded => {
  const T = rowCount(data);
  const { paddedStates: P } = layoutOf(model);
  const pathSize = Math.ceil(T / 2);
  const arena = createArena(model, (T + 1) * P + pathSize);
  const lattice = { arena, frames: arena.allocate((T + 1) * P), path: arena.allocate(pathSize) };
  arena.loadLogarithms(model, logarithms(model.transition));
  const rows = stagedRows(arena, data.rows);
  const logStart = logarithms(model.start);
  for (const block of blocksOf(T, data.sequenceStarts)) {
    emit(arena, rows, lattice.frames, block);
    climb(lattice, block, logStart);
  }
  const logprob = spans(data).reduce((sum, span) => sum + walkBack(lattice, span), 0);
  return { path: new Int32Array(arena.doubles.buffer, lattice.path, T).slice(), logprob };
};

/** δ of the frames of a block. */
const climb = (lattice: Lattice, { segments }: Block, logStart: Float64Array): void => {
  const { arena } = lattice;
  for (const { from, to, begins } of segments) {
    const first = begins ? from + 1 : from;
    if (begins) addTo(frameOf(lattice, from), logStart);
    if (first < to) arena.functions.climb!(frameAt(lattice, first), to - first);
  }
};

const addTo = (frame: Float64Array, logStart: Float64Array): void => {
  logStart.forEach((log, k) => {
    frame[k] = log + frame[k]!;
  });
};

/** Writes the states of one sequence; returns the logarithm of the path's probability. */
const walkBack = (lattice: Lattice, span: Span): number => {
  const { arena, path } = lattice;
  const { from, to } = span;
  const end = frameOf(lattice, to - 1);
  const state = firstLargest(end, 0, arena.layout.nStates);
  demandPath(end[state]!, span);
  new Int32Array(arena.doubles.buffer, path, to)[to - 1] = state;
  if (to - from > 1) {
    arena.functions.walkBack!(frameAt(lattice, to - 2), path + (to - 2) * stateSize, state, to - from - 1);
  }
  return end[state]!;
};

const frameAt = ({ arena, frames }: Lattice, t: number): number =>
  frames + t * arena.layout.paddedStates * wordSize;

const frameOf = (lattice: Lattice, t: number): Float64Array =>
  lattice.arena.doubles.subarray(frameAt(lattice, t) / wordSize, frameAt(lattice, t + 1) / wordSize);
