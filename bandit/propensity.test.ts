import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { normalCdf } from './normal.ts';
import { drawArm, exploring, propensities } from './propensity.ts';
import { type PropensityReference, propensityError } from './reference/propensity.ts';
import { seededUniform } from './seeded-uniform.ts';
import { readReference } from './stream.fixture.ts';

const reference = readReference('propensity-ref.json') as PropensityReference;
const score = fc.record({
  mean: fc.double({ min: -5, max: 5, noNaN: true }),
  deviation: fc.double({ min: 0, max: 3, noNaN: true }),
});

describe('propensities', () => {
  test(`equal the ${reference.cases.length} reference values`, () => {
    expect(propensityError(reference)).toBeLessThan(1e-12);
  });
  test('sum to one and stay within 0..1 for any scores', () => {
    fc.assert(
      fc.property(fc.array(score, { minLength: 1, maxLength: 8 }), (scores) => {
        const got = [...propensities(scores)];
        expect(got.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 12);
        expect(got.every((p) => p >= 0 && p <= 1)).toBe(true);
      }),
    );
  });
  test('of two arms are Φ of the difference', () => {
    const [first] = propensities([
      { mean: 0.3, deviation: 0.4 },
      { mean: 0, deviation: 0.3 },
    ]);
    expect(first).toBeCloseTo(normalCdf(0.3 / 0.5), 13);
  });
  test('without uncertainty all goes to the best, the first of equals', () => {
    const scores = [1, 2, 2].map((mean) => ({ mean, deviation: 0 }));
    expect([...propensities(scores)]).toEqual([0, 1, 0]);
  });
  test('epsilon leaves every arm its share', () => {
    expect([...exploring(Float64Array.from([1, 0]), 0.5)]).toEqual([0.75, 0.25]);
  });
});

describe('the draw', () => {
  test('follows the propensities', () => {
    const shares = Float64Array.from([0.5, 0.3, 0, 0.2]);
    const counts = [0, 0, 0, 0];
    for (let i = 0; i < 20_000; i++) {
      const arm = drawArm(shares, seededUniform(42, `decision-${i}`));
      counts[arm] = (counts[arm] as number) + 1;
    }
    counts.forEach((count, arm) =>
      expect(Math.abs(count / 20_000 - (shares[arm] as number))).toBeLessThan(0.015),
    );
    expect(counts[2]).toBe(0);
  });
  test('depends on seed and decision alone', () => {
    expect(seededUniform(1, 'a')).toBe(seededUniform(1, 'a'));
    expect(seededUniform(1, 'a')).not.toBe(seededUniform(2, 'a'));
    expect(seededUniform(1, 'a')).not.toBe(seededUniform(1, 'b'));
  });
  test('rounding at the end never falls on an arm without a chance', () => {
    expect(drawArm(Float64Array.from([0.4, 0.6 - 1e-16, 0]), 0.9999999999999999)).toBe(1);
  });
});
