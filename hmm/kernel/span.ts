import type { Statistics } from '../statistics.ts';
import type { Arena } from './arena.ts';
import { type Block, blocksOf } from './blocks.ts';
import { framesAtOnce } from './emissions-code.ts';
import { wordSize } from './layout.ts';
import type { BlockedRows } from './rows.ts';

/** Rows of whole sequences, or a half of one long sequence, and where their arrays are in an arena. */
export interface Span {
  readonly arena: Arena;
  readonly rows: BlockedRows;
  readonly rowCount: number;
  readonly blocks: readonly Block[];
  /** Address of [T·P]: scaled emissions, later what the transitions are counted from. */
  readonly b: number;
  /** Address of [T·P]: what the first pass leaves, filtered probabilities or b ∘ β. */
  readonly u: number;
}

/** The vector at the end of a first pass, [P] with the sum 1, and Σ ln of what its frames were scaled by, nats. */
export interface Pass {
  readonly end: Float64Array;
  readonly logScale: number;
}

/** What a second pass adds to, and where it writes smoothed posteriors [T·K], when these are wanted. */
export interface Output {
  readonly statistics?: Statistics | undefined;
  readonly gamma?: Float64Array | undefined;
}

/** Frames before and after those of the rows: one to begin from, and what `logEmissions` writes too much. */
const spare = framesAtOnce;

/** Doubles on the heap for the two arrays of a span. */
export const spanSize = (rowCount: number, paddedStates: number): number =>
  2 * (rowCount + spare) * paddedStates;

/** `sequenceStarts`: first rows of the sequences that begin here; none in the second half of a sequence. */
export const createSpan = (
  arena: Arena,
  rows: BlockedRows,
  rowCount: number,
  sequenceStarts: readonly number[],
): Span => {
  const { paddedStates: P } = arena.layout;
  const frames = (): number => arena.allocate((rowCount + spare) * P) + P * wordSize;
  return {
    arena,
    rows,
    rowCount,
    blocks: blocksOf(rowCount, sequenceStarts),
    b: frames(),
    u: frames(),
  };
};

/** Address of the frame t of [·][P]. */
export const frameAt = ({ arena }: Span, base: number, t: number): number =>
  base + t * arena.layout.paddedStates * wordSize;

/** The doubles of one frame. */
export const frameOf = (span: Span, base: number, t: number): Float64Array =>
  span.arena.doubles.subarray(frameAt(span, base, t) / wordSize, frameAt(span, base, t + 1) / wordSize);

/** Scales the vector to the sum 1 and returns what the sum was. */
export const normalise = (vector: Float64Array): number => {
  const sum = vector.reduce((a, b) => a + b, 0);
  for (let k = 0; k < vector.length; k++) vector[k] = vector[k]! / sum;
  return sum;
};
