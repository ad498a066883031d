import { expect, it } from 'vitest';
import { createRandom } from '../../numerics/random.ts';
import { compare } from '../../registry/gate.ts';
import { mostCandles, nextLookAt } from './looks.ts';

const isFull = process.env['AUTOTRAIN_TESTS'] === 'full';
const promotions = isFull ? 400 : 200;
const longest = isFull ? mostCandles : 2_000;
const maxDrop = 0.02;

/** Champion minus predecessor on later candles: an autoregression with this mean. */
const laterCandles = (mean: number, rho: number, seed: number): Float64Array => {
  const random = createRandom(seed);
  let state = random.normal();
  return new Float64Array(longest).map(() => {
    state = rho * state + Math.sqrt(1 - rho * rho) * random.normal();
    return mean + 0.3 * state;
  });
};

const predecessor = new Float64Array(longest);

/** As the watch looks: at 500 candles, then at a quarter more each time. The candles at which it rolled back. */
const rolledBackAt = (mean: number, rho: number, seed: number): number | undefined => {
  const champion = laterCandles(mean, rho, seed);
  let n = nextLookAt(0, 500);
  for (let look = 1; n !== undefined && n <= longest; look++) {
    const options = { alpha: 0.05, look, minDelta: 0, minCandles: 0 };
    if (compare(champion.subarray(0, n), predecessor.subarray(0, n), options).upper < -maxDrop) return n;
    n = nextLookAt(n, 500);
  }
  return undefined;
};

const share = (mean: number, rho: number): number =>
  Array.from({ length: promotions }, (_, at) => rolledBackAt(mean, rho, 1_000 + at)).filter(
    (at) => at !== undefined,
  ).length / promotions;

it('of a champion that is as good as its predecessor takes fewer than 1 in 100 back, however dependent the candles', () => {
  expect(share(0, 0)).toBeLessThan(0.01);
  expect(share(0, 0.6)).toBeLessThan(0.01);
});

it('of one that is worse by exactly what is allowed takes back fewer than 5 in 100, over all looks together', () => {
  expect(share(-maxDrop, 0)).toBeLessThan(0.05);
  expect(share(-maxDrop, 0.6)).toBeLessThan(0.05);
});

it('of one that is clearly worse takes all back, most at the first look', () => {
  const at = Array.from({ length: 20 }, (_, seed) => rolledBackAt(-0.15, 0.3, seed));
  expect(at.every((n) => n !== undefined)).toBe(true);
  expect(at.filter((n) => n === 500).length).toBeGreaterThan(10);
});

it('are few', () => {
  let looks = 0;
  for (let n = nextLookAt(0, 500); n !== undefined; n = nextLookAt(n, 500)) looks++;
  expect(looks).toBeLessThan(20);
});
