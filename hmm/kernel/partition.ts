import { type Observations, spans } from '../observations.ts';
import { blockLength } from './layout.ts';

/** Rows [from, to) that one thread works on: whole sequences, or the first or second half of one long sequence. */
export interface Piece {
  readonly kind: 'whole' | 'firstHalf' | 'secondHalf';
  readonly from: number;
  readonly to: number;
  /** First rows of the sequences that begin here, counted from `from`. */
  readonly sequenceStarts: readonly number[];
}

/** A sequence of so many rows is halved. */
const longSequence = 16384;

/** Shorter ones are put together until they are so many rows: few enough that threads get equal shares. */
const together = 4096;

/**
 * The pieces in order; a second half follows its first half. They depend on the lengths of the sequences only, never
 * on how many threads there are, so that sums over pieces, taken in their order, always have the same bits.
 */
export const partition = (data: Observations): Piece[] => {
  const pieces: Piece[] = [];
  let open: { kind: 'whole'; from: number; to: number; sequenceStarts: number[] } | undefined;
  for (const { from, to } of spans(data)) {
    if (to - from >= longSequence) {
      const middle = from + Math.round((to - from) / 2 / blockLength) * blockLength;
      pieces.push({ kind: 'firstHalf', from, to: middle, sequenceStarts: [0] });
      pieces.push({ kind: 'secondHalf', from: middle, to, sequenceStarts: [] });
      open = undefined;
    } else if (open && open.to - open.from < together) {
      open.to = to;
      open.sequenceStarts.push(from - open.from);
    } else {
      open = { kind: 'whole', from, to, sequenceStarts: [0] };
      pieces.push(open);
    }
  }
  return pieces;
};
