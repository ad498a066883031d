import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cholesky } from './cholesky.ts';
import { floorCovariance } from './covariance-floor.ts';
import { symmetricEigen } from './symmetric-eigen.ts';

const n = 3;
const entries = fc.array(fc.double({ min: -3, max: 3, noNaN: true }), { minLength: 9, maxLength: 9 });
const at = (i: number, j: number): number => i * n + j;
const build = (value: (i: number, j: number) => number): Float64Array =>
  Float64Array.from({ length: n * n }, (_, x) => value(Math.floor(x / n), x % n));
const symmetric = (b: number[]): Float64Array => build((i, j) => b[at(i, j)]! + b[at(j, i)]!);
const sum = (term: (k: number) => number): number => [0, 1, 2].reduce((total, k) => total + term(k), 0);
const apart = (a: Float64Array, b: Float64Array): number => Math.max(...a.map((x, i) => Math.abs(x - b[i]!)));

describe('symmetricEigen', () => {
  it('puts the matrix together again from orthonormal vectors', () => {
    fc.assert(
      fc.property(entries, (b) => {
        const a = symmetric(b);
        const { values, vectors: v } = symmetricEigen(a, n);
        const again = build((i, j) => sum((k) => v[at(i, k)]! * values[k]! * v[at(j, k)]!));
        expect(apart(again, a)).toBeLessThan(1e-13 * 10);
        const gram = build((i, j) => sum((k) => v[at(k, i)]! * v[at(k, j)]!));
        expect(
          apart(
            gram,
            build((i, j) => (i === j ? 1 : 0)),
          ),
        ).toBeLessThan(1e-14);
      }),
    );
  });

  it('knows the eigenvalues of a rank one matrix', () => {
    const { values } = symmetricEigen(
      build((i, j) => (i + 1) * (j + 1)),
      n,
    );
    expect([...values].sort((a, b) => a - b)).toEqual([
      expect.closeTo(0, 14),
      expect.closeTo(0, 14),
      expect.closeTo(14, 13),
    ]);
  });
});

describe('floorCovariance', () => {
  const floor = Float64Array.of(0.01, 0.04, 1e-6);

  it('leaves a matrix above the floor as it is, bit for bit', () => {
    const a = Float64Array.of(2, 0.5, 0.1, 0.5, 1, 0.2, 0.1, 0.2, 1);
    const before = a.slice();
    expect(floorCovariance(a, n, 0, floor)).toBe(0);
    expect(a).toEqual(before);
  });

  it('raises only what is too narrow: afterwards Σ − diag(floor) has no negative direction', () => {
    fc.assert(
      fc.property(entries, (b) => {
        const a = build((i, j) => (i < 2 && j < 2 ? sum((k) => b[at(i, k)]! * b[at(j, k)]!) : 0));
        const raised = floorCovariance(a, n, 0, floor);
        expect(raised).toBeGreaterThan(0);
        const excess = build((i, j) => a[at(i, j)]! - (i === j ? floor[i]! : 0));
        for (const value of symmetricEigen(excess, n).values) expect(value).toBeGreaterThan(-1e-13);
        expect(
          floorCovariance(
            a.slice(),
            n,
            0,
            floor.map((x) => 0.999 * x),
          ),
        ).toBe(0);
      }),
    );
  });

  it('maximises −ln |Σ| − tr(Σ⁻¹ S) under the floor, which a raised diagonal does not', () => {
    const s = Float64Array.of(1, 1, 0, 1, 1, 0, 0, 0, 1);
    const best = s.slice();
    expect(floorCovariance(best, n, 0, Float64Array.of(0.1, 0.1, 0.1))).toBe(1);
    const diagonal = s.map((x, i) => (i % (n + 1) === 0 ? x + 0.1 : x));
    expect(objective(best, s)).toBeGreaterThan(objective(diagonal, s));
    const nudged = best.map((x, i) => (i % (n + 1) === 0 ? x + 1e-3 : x));
    expect(objective(best, s)).toBeGreaterThan(objective(nudged, s));
  });
});

const objective = (a: Float64Array, s: Float64Array): number => {
  const factor = new Float64Array(n * n);
  if (!cholesky(a, n, factor)) return -Infinity;
  const { values, vectors: v } = symmetricEigen(a, n);
  const trace = sum((k) => sum((i) => sum((j) => v[at(i, k)]! * s[at(i, j)]! * v[at(j, k)]!)) / values[k]!);
  return -values.reduce((total, value) => total + Math.log(value), 0) - trace;
};
