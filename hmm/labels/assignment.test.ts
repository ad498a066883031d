import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assign, type CostMatrix } from './assignment.ts';

const matrices = (cost: fc.Arbitrary<number>): fc.Arbitrary<CostMatrix> =>
  fc
    .tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 6 }))
    .chain(([rows, columns]) =>
      fc
        .array(cost, { minLength: rows * columns, maxLength: rows * columns })
        .map((costs) => ({ rows, columns, costs: Float64Array.from(costs) })),
    );

const totalOf = ({ columns, costs }: CostMatrix, columnOf: ArrayLike<number>): number =>
  Array.from(columnOf).reduce(
    (sum, column, row) => sum + (column < 0 ? 0 : costs[row * columns + column]!),
    0,
  );

/** Every way to give each of the shorter side one of the other. */
const leastByTrying = (matrix: CostMatrix): number => {
  const { rows, columns, costs } = matrix;
  const least = (row: number, free: readonly number[], mayLeave: number): number => {
    if (row === rows) return 0;
    const taken = free.map(
      (column) =>
        costs[row * columns + column]! +
        least(
          row + 1,
          free.filter((other) => other !== column),
          mayLeave,
        ),
    );
    return Math.min(...taken, mayLeave > 0 ? least(row + 1, free, mayLeave - 1) : Infinity);
  };
  return least(0, [...Array(columns).keys()], Math.max(0, rows - columns));
};

describe('assign', () => {
  it('costs no more than any permutation, square or not', () => {
    const costs = fc.oneof(fc.double({ min: -10, max: 10, noNaN: true }), fc.integer({ min: 0, max: 3 }));
    fc.assert(
      fc.property(matrices(costs), (matrix) => {
        expect(totalOf(matrix, assign(matrix))).toBeCloseTo(leastByTrying(matrix), 9);
      }),
      { numRuns: 300 },
    );
  });

  it('gives each of the shorter side a partner, and no partner twice', () => {
    fc.assert(
      fc.property(matrices(fc.integer({ min: 0, max: 3 })), (matrix) => {
        const taken = Array.from(assign(matrix)).filter((column) => column >= 0);
        expect(taken.length).toBe(Math.min(matrix.rows, matrix.columns));
        expect(new Set(taken).size).toBe(taken.length);
      }),
    );
  });

  it('takes the first of equals: all the same is the identity', () => {
    expect(Array.from(assign({ rows: 3, columns: 3, costs: new Float64Array(9) }))).toEqual([0, 1, 2]);
    expect(Array.from(assign({ rows: 2, columns: 4, costs: new Float64Array(8).fill(7) }))).toEqual([0, 1]);
  });

  it('refuses costs that are not finite or too few', () => {
    expect(() => assign({ rows: 1, columns: 2, costs: Float64Array.of(1, Number.NaN) })).toThrow(RangeError);
    expect(() => assign({ rows: 2, columns: 2, costs: new Float64Array(3) })).toThrow(/2·2 finite/);
  });
});
