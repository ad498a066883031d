import type { Arena } from './arena.ts';
import { blockLength, wordSize } from './layout.ts';

/** Blocks of rows as the kernel reads them: [D][256]. */
export interface BlockedRows {
  /** The address of one block. */
  block(index: number): number;
}

/** Doubles on the heap for `rowCount` resident rows. */
export const residentSize = (rowCount: number, nFeatures: number): number =>
  Math.ceil(rowCount / blockLength) * blockLength * nFeatures;

/** Copies all rows once, which costs T·D doubles. */
export const residentRows = (arena: Arena, rows: Float64Array): BlockedRows => {
  const { nFeatures: D } = arena.layout;
  const size = D * blockLength;
  const base = arena.allocate(residentSize(rows.length / D, D));
  const block = (index: number): number => base + index * size * wordSize;
  for (let i = 0; i * size < rows.length; i++) transpose(arena, rows, i, block(i));
  return { block };
};

/** Copies a block whenever it is asked for, into one place. */
export const stagedRows = (arena: Arena, rows: Float64Array): BlockedRows => ({
  block(index) {
    transpose(arena, rows, index, arena.layout.staged);
    return arena.layout.staged;
  },
});

const transpose = (
  { doubles, layout, functions }: Arena,
  rows: Float64Array,
  index: number,
  to: number,
): void => {
  const size = layout.nFeatures * blockLength;
  const block = rows.subarray(index * size, (index + 1) * size);
  doubles.set(block, layout.arriving / wordSize);
  functions.transpose!(layout.arriving, to, layout.arriving + block.length * wordSize);
};
