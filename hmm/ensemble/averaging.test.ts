import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../numerics/random.ts';
import { averageBar, averageBars, evenLogWeights } from './averaging.ts';

const nats = fc.double({ min: -2000, max: 50, noNaN: true });
const forgetting = fc.double({ min: 0.5, max: 1, noNaN: true });
/** [T] of each of M members. */
const members = fc
  .tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 40 }))
  .chain(([M, T]) => fc.array(fc.array(nats, { minLength: T, maxLength: T }), { minLength: M, maxLength: M }))
  .map((rows) => rows.map((row) => Float64Array.from(row)));

const sum = (values: ArrayLike<number>): number => Array.from(values).reduce((a, b) => a + b, 0);

describe('averageBars', () => {
  it('has weights that sum to 1 after every bar, all finite', () => {
    fc.assert(
      fc.property(members, forgetting, (rows, phi) => {
        const { logWeights, logLikelihood } = averageBars(rows, phi);
        const M = rows.length;
        logLikelihood.forEach((_, t) => {
          const now = logWeights.subarray(t * M, (t + 1) * M);
          expect(now.every(Number.isFinite)).toBe(true);
          expect(sum(now.map(Math.exp))).toBeCloseTo(1, 12);
        });
      }),
    );
  });

  it('is the member when there is only one, bit for bit', () => {
    fc.assert(
      fc.property(members, forgetting, ([only], phi) => {
        // + 0: negative zero is zero.
        expect(averageBars([only!], phi).logLikelihood).toEqual(only!.map((value) => value + 0));
      }),
    );
  });

  it('never falls more than ln M behind the best member, over all bars together, without forgetting', () => {
    fc.assert(
      fc.property(members, (rows) => {
        const mixture = sum(averageBars(rows, 1).logLikelihood);
        const best = Math.max(...rows.map(sum));
        const worst = Math.min(...rows.map(sum));
        const rounding = 1e-9 * (1 + Math.abs(best));
        expect(mixture).toBeGreaterThanOrEqual(best - Math.log(rows.length) - rounding);
        expect(mixture).toBeGreaterThanOrEqual(worst - Math.log(rows.length) - rounding);
      }),
    );
  });

  it('lies between the worst and the best member on every bar, with any forgetting', () => {
    fc.assert(
      fc.property(members, forgetting, (rows, phi) => {
        averageBars(rows, phi).logLikelihood.forEach((value, t) => {
          const bar = rows.map((row) => row[t]!);
          expect(value).toBeGreaterThanOrEqual(Math.min(...bar) - 1e-9);
          expect(value).toBeLessThanOrEqual(Math.max(...bar) + 1e-9);
        });
      }),
    );
  });

  it('is Bayes: without forgetting the weights are those of the whole likelihoods', () => {
    const rows = [Float64Array.of(-1, -2, -0.5), Float64Array.of(-1.5, -1, -1)];
    const { logWeights } = averageBars(rows, 1);
    const odds = Math.exp(sum(rows[0]!) - sum(rows[1]!));
    expect(Math.exp(logWeights[4]!)).toBeCloseTo(odds / (1 + odds), 14);
  });

  it('follows the member that is better now when it forgets, and is late when it does not', () => {
    const random = createRandom(3);
    const better = (from: number, to: number) =>
      Float64Array.from(
        { length: 2000 },
        (_, t) => (t >= from && t < to ? -1 : -1.2) + 0.1 * random.normal(),
      );
    const rows = [better(0, 1500), better(1500, 2000)];
    const tail = (phi: number) => sum(averageBars(rows, phi).logLikelihood.subarray(1500)) / 500;
    expect(tail(0.99)).toBeGreaterThan(-1.05);
    expect(tail(1)).toBeLessThan(-1.15);
  });

  it('goes on from stored weights as if it had never stopped, through JSON', () => {
    const random = createRandom(4);
    const rows = Array.from({ length: 3 }, () =>
      Float64Array.from({ length: 200 }, () => 3 * random.normal()),
    );
    const whole = averageBars(rows, 0.97);
    const first = averageBars(
      rows.map((row) => row.subarray(0, 80)),
      0.97,
    );
    const stored: number[] = JSON.parse(JSON.stringify(Array.from(first.logWeights.slice(-3))));
    const rest = averageBars(
      rows.map((row) => row.subarray(80)),
      0.97,
      Float64Array.from(stored),
    );
    expect(rest.logLikelihood).toEqual(whole.logLikelihood.slice(80));
  });

  it('lets a member come back that was out of the question for long', () => {
    const weights = evenLogWeights(2);
    for (let t = 0; t < 10_000; t++) averageBar(weights, [-1, -5], 1);
    for (let t = 0; t < 400; t++) averageBar(weights, [-5, -1], 1);
    expect(Math.exp(weights[1]!)).toBeGreaterThan(0.99);
  });
});
