import { describe, expect, it } from 'vitest';
import { cholesky, repairPositiveDefinite } from './cholesky.ts';
import { inverseNormalCdf } from './inverse-normal.ts';
import { logSumExp } from './log-sum-exp.ts';
import { createRandom, randomFromState } from './random.ts';

describe('logSumExp', () => {
  it('neither overflows nor underflows', () => {
    expect(logSumExp(Float64Array.of(1000, 1000))).toBeCloseTo(1000 + Math.LN2, 12);
    expect(logSumExp(Float64Array.of(-1e12, -1e12 + 1))).toBeCloseTo(-1e12 + Math.log(Math.E + 1), 3);
  });

  it('takes nothing for −∞ and a part of an array', () => {
    expect(logSumExp(Float64Array.of(-Infinity, -Infinity))).toBe(-Infinity);
    expect(logSumExp(Float64Array.of(99, 0, 0, 99), 1, 2)).toBeCloseTo(Math.LN2, 15);
  });
});

describe('cholesky', () => {
  it('factors a matrix: L Lᵀ = A', () => {
    const a = Float64Array.of(4, 2, 0.6, 2, 3, 0.4, 0.6, 0.4, 1);
    const l = new Float64Array(9);
    expect(cholesky(a, 3, l)).toBe(true);
    for (let i = 0; i < 3; i++) {
      for (let j = 0; j < 3; j++) {
        const sum = [0, 1, 2].reduce((total, k) => total + l[i * 3 + k]! * l[j * 3 + k]!, 0);
        expect(sum).toBeCloseTo(a[i * 3 + j]!, 14);
      }
    }
  });

  it('refuses a singular matrix', () => {
    expect(cholesky(Float64Array.of(1, 1, 1, 1), 2, new Float64Array(4))).toBe(false);
    expect(cholesky(Float64Array.of(1, 2, 2, 1), 2, new Float64Array(4))).toBe(false);
  });

  it('repairs it, changing it as little as it can, and says so', () => {
    const a = Float64Array.of(1, 1, 1, 1);
    expect(repairPositiveDefinite(a, 2)).toBeGreaterThan(0);
    expect(cholesky(a, 2, new Float64Array(4))).toBe(true);
    expect(Math.max(...a.map((value) => Math.abs(value - 1)))).toBeLessThan(1e-11);
    expect(repairPositiveDefinite(Float64Array.of(2, 1, 1, 2), 2)).toBe(0);
  });

  it('cannot repair what is not finite', () => {
    expect(() => repairPositiveDefinite(Float64Array.of(Number.NaN, 0, 0, 1), 2)).toThrow(RangeError);
  });
});

describe('inverseNormalCdf', () => {
  /** scipy.stats.norm.ppf */
  it.each([
    [0.5, 0],
    [0.95, 1.6448536269514722],
    [0.975, 1.959963984540054],
    [1e-3, -3.090232306167813],
    [1e-10, -6.361340902404056],
    [1e-300, -37.0471],
  ])('of %f', (p, z) => expect(inverseNormalCdf(p)).toBeCloseTo(z, p < 1e-100 ? 4 : 13));

  it('knows its ends', () => {
    expect([inverseNormalCdf(0), inverseNormalCdf(1)]).toEqual([-Infinity, Infinity]);
    expect(inverseNormalCdf(1.1)).toBeNaN();
  });
});

describe('createRandom', () => {
  it('repeats itself for a seed, and differs for another seed or stream', () => {
    const first = (seed: number, stream?: number) =>
      Array.from({ length: 4 }, createRandom(seed, stream).uniform);
    expect(first(42)).toEqual(first(42));
    expect(new Set([first(42), first(43), first(42, 1), first(42.5), first(-42)].map(String)).size).toBe(5);
  });

  it('gives these bits, on every machine', () => {
    const random = createRandom(42);
    expect([random.bits(), random.bits(), random.bits()]).toMatchInlineSnapshot(`
      [
        2188002992,
        3525258012,
        357820424,
      ]
    `);
  });

  it('goes on from a stored state', () => {
    const random = createRandom(7);
    random.uniform();
    const copy = randomFromState(random.state());
    expect([copy.normal(), copy.uniform()]).toEqual([random.normal(), random.uniform()]);
  });

  it('is uniform and normal', () => {
    const random = createRandom(1);
    const uniforms = Array.from({ length: 50_000 }, random.uniform);
    const normals = Array.from({ length: 50_000 }, random.normal);
    const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;
    expect(mean(uniforms)).toBeCloseTo(0.5, 2);
    expect(mean(normals)).toBeCloseTo(0, 1);
    expect(mean(normals.map((z) => z * z))).toBeCloseTo(1, 1);
    expect(Math.min(...uniforms)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...uniforms)).toBeLessThan(1);
  });

  it('refuses a seed that is no number', () => expect(() => createRandom(Number.NaN)).toThrow(RangeError));
});
