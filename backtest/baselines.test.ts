import { describe, expect, it } from 'vitest';
import { createRandom } from '../numerics/random.ts';
import { normalCdf, studentCdf } from './cumulative.ts';
import { ewmaScores } from './ewma.ts';
import { fitGarch, runGarch } from './garch.ts';
import { minimise } from './nelder-mead.ts';
import { meanOf } from './rolling.ts';

describe('cumulative laws', () => {
  /** Python's math.erf, and the density integrated by Simpson's rule in 400,000 steps. */
  it.each([
    [normalCdf(1.96), 0.9750021048517795],
    [normalCdf(-3), 0.0013498980316300933],
    [studentCdf(2, 4), 0.9419417382415922],
    [studentCdf(-1, 1), 0.25],
    [studentCdf(0, 7), 0.5],
    [studentCdf(0.3, 30), 0.6168769474],
  ])('%f is %f', (got, want) => expect(got).toBeCloseTo(want, 6));
});

describe('minimise', () => {
  it('finds the bottom of a curved valley', () => {
    const rosenbrock = ([x, y]: readonly number[]) => (1 - x!) ** 2 + 100 * (y! - x! ** 2) ** 2;
    const { x } = minimise(rosenbrock, [-1.2, 1]);
    expect(x[0]).toBeCloseTo(1, 3);
    expect(x[1]).toBeCloseTo(1, 3);
  });
});

describe('GARCH(1,1)', () => {
  const random = createRandom(4);
  const truth = { mu: 0.1, omega: 0.05, alpha: 0.1, beta: 0.85, first: 1 };
  let h = truth.first;
  const values = Float64Array.from({ length: 8000 }, () => {
    const shock = Math.sqrt(h) * random.normal();
    h = truth.omega + truth.alpha * shock ** 2 + truth.beta * h;
    return truth.mu + shock;
  });

  it('finds the parameters that made the data', () => {
    const found = fitGarch(values);
    expect(found.alpha).toBeCloseTo(truth.alpha, 1);
    expect(Math.abs(found.alpha + found.beta - 0.95)).toBeLessThan(0.02);
    const mean = (garch: typeof truth) => meanOf(runGarch(garch, values).logLikelihood);
    expect(mean(found)).toBeGreaterThanOrEqual(mean(truth) - 1e-4);
  });

  it('is beaten by nothing simpler on its own data', () => {
    const scores = runGarch(fitGarch(values.subarray(0, 4000)), values).logLikelihood.subarray(4000);
    const ewma = ewmaScores(values, 1, 4000).logLikelihood.subarray(4000);
    expect(meanOf(scores)).toBeGreaterThan(meanOf(ewma));
  });
});

describe('ewmaScores', () => {
  it('is the density of a Gaussian, whatever the units', () => {
    const random = createRandom(2);
    const rows = Float64Array.from({ length: 3000 }, () => random.normal());
    const { logLikelihood, decay } = ewmaScores(rows, 3, 500);
    expect(decay).toBe(0.998);
    expect(meanOf(logLikelihood)).toBeCloseTo(-1.5 * (1 + Math.log(2 * Math.PI)), 1);
    const scaled = ewmaScores(
      rows.map((x) => 10 * x),
      3,
      500,
    );
    expect(meanOf(scaled.logLikelihood) + 3 * Math.log(10)).toBeCloseTo(meanOf(logLikelihood), 9);
  });
});
