import { describe, expect, it } from 'vitest';
import { digamma, exp, expm1, log, log1p, logGamma, pow } from './elementary.ts';
import { createRandom } from './random.ts';

/** Distance in units of the last place of the expected value. */
const ulps = (got: number, want: number): number => {
  if (Object.is(got, want)) return 0;
  const unit = Math.max(2 ** (Math.floor(Math.log2(Math.abs(want))) - 52), 2 ** -1074);
  return Math.abs(got - want) / unit;
};

const worst = (ours: (x: number) => number, theirs: (x: number) => number, xs: readonly number[]): number =>
  Math.max(...xs.map((x) => ulps(ours(x), theirs(x))));

const random = createRandom(1);
const between = (low: number, high: number, n = 20_000): number[] =>
  Array.from({ length: n }, () => low + (high - low) * random.uniform());

describe('exp', () => {
  it('differs by at most one unit in the last place from the engine', () => {
    expect(worst(exp, Math.exp, between(-1, 1))).toBeLessThanOrEqual(1);
    expect(worst(exp, Math.exp, between(-708, 709.78))).toBeLessThanOrEqual(1);
    expect(worst(exp, Math.exp, between(-745.1, -708))).toBeLessThanOrEqual(1);
  });

  it('is exact at the ends', () => {
    expect(exp(0)).toBe(1);
    expect(exp(-0)).toBe(1);
    expect(exp(Number.NEGATIVE_INFINITY)).toBe(0);
    expect(exp(-1e300)).toBe(0);
    expect(exp(Number.POSITIVE_INFINITY)).toBe(Number.POSITIVE_INFINITY);
    expect(exp(709.79)).toBe(Number.POSITIVE_INFINITY);
    expect(exp(709.782712893384)).toBeLessThan(Number.POSITIVE_INFINITY);
    expect(exp(Number.NaN)).toBeNaN();
  });
});

describe('expm1', () => {
  it('differs by at most four units in the last place from the engine, and keeps tiny numbers', () => {
    expect(worst(expm1, Math.expm1, between(-40, 700))).toBeLessThanOrEqual(4);
    expect(worst(expm1, Math.expm1, between(-0.5, 0.5))).toBeLessThanOrEqual(4);
    expect(worst(expm1, Math.expm1, between(-1e-9, 1e-9))).toBeLessThanOrEqual(1);
    expect([expm1(0), expm1(1e-300), expm1(-Infinity)]).toEqual([0, 1e-300, -1]);
    expect(expm1(Number.NaN)).toBeNaN();
  });
});

describe('log', () => {
  it('differs by at most one unit in the last place from the engine', () => {
    expect(worst(log, Math.log, between(0.5, 2))).toBeLessThanOrEqual(1);
    expect(worst(log, Math.log, between(1 - 1e-6, 1 + 1e-6))).toBeLessThanOrEqual(1);
    const wide = between(-1074, 1023).map((e) => 2 ** e);
    expect(worst(log, Math.log, wide)).toBeLessThanOrEqual(1);
  });

  it('is exact at the ends', () => {
    expect(log(1)).toBe(0);
    expect(log(0)).toBe(Number.NEGATIVE_INFINITY);
    expect(log(-0)).toBe(Number.NEGATIVE_INFINITY);
    expect(log(-1)).toBeNaN();
    expect(log(Number.NaN)).toBeNaN();
    expect(log(Number.POSITIVE_INFINITY)).toBe(Number.POSITIVE_INFINITY);
    expect(ulps(log(Number.MIN_VALUE), Math.log(Number.MIN_VALUE))).toBeLessThanOrEqual(1);
    expect(ulps(log(Number.MAX_VALUE), Math.log(Number.MAX_VALUE))).toBeLessThanOrEqual(1);
  });

  it('undoes exp', () => {
    for (const x of between(-700, 700, 1000)) {
      expect(Math.abs(log(exp(x)) - x)).toBeLessThan(4e-16 * Math.max(1, Math.abs(x)));
    }
  });
});

it('log1p keeps the digits of small arguments', () => {
  const tiny = between(-40, 0).map((e) => 2 ** e);
  expect(worst(log1p, Math.log1p, tiny)).toBeLessThanOrEqual(3);
  const negative = between(-40, -0.01).map((e) => -(2 ** e));
  expect(worst(log1p, Math.log1p, negative)).toBeLessThanOrEqual(3);
  expect(log1p(-1)).toBe(Number.NEGATIVE_INFINITY);
  expect(log1p(Number.POSITIVE_INFINITY)).toBe(Number.POSITIVE_INFINITY);
});

it('pow agrees with the engine', () => {
  for (const [x, y] of [
    [4, 0.5],
    [3, 2 / 3],
    [12, -0.4],
    [0.998, 400],
  ] as const) {
    expect(Math.abs(pow(x, y) / x ** y - 1)).toBeLessThan(4e-16 * (1 + Math.abs(y * Math.log(x))));
  }
  expect(pow(0, 2)).toBe(0);
  expect(pow(0, 0)).toBe(1);
});

describe('gamma functions', () => {
  it('logGamma is the logarithm of factorials, and of √π at a half', () => {
    let factorial = 1;
    for (let n = 1; n <= 20; n++) {
      expect(Math.abs(logGamma(n) - Math.log(factorial))).toBeLessThan(2e-14);
      factorial *= n;
    }
    expect(Math.abs(logGamma(0.5) - 0.5 * Math.log(Math.PI))).toBeLessThan(5e-15);
    // Made by Python 3.11: math.lgamma(1000.25).
    expect(Math.abs(logGamma(1000.25) / 5906.947268271117 - 1)).toBeLessThan(1e-15);
  });

  it('digamma follows its recurrence and its value at 1, minus Euler’s constant', () => {
    expect(Math.abs(digamma(1) + 0.5772156649015329)).toBeLessThan(4e-15);
    for (const x of between(0.05, 60, 500)) {
      expect(Math.abs(digamma(x + 1) - digamma(x) - 1 / x)).toBeLessThan(1e-13 / Math.min(1, x));
    }
  });

  it('digamma is the slope of logGamma', () => {
    for (const x of between(1, 100, 200)) {
      const h = 1e-4 * x;
      const slope = (logGamma(x + h) - logGamma(x - h)) / (2 * h);
      expect(Math.abs(slope - digamma(x))).toBeLessThan(1e-6);
    }
  });
});
