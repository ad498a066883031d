import { describe, expect, it } from 'vitest';
import { createRandom } from '../numerics/random.ts';
import { alphaOfLook, compare, decide, type GateOptions } from './gate.ts';

const options: GateOptions = { alpha: 0.05, minDelta: 0, minCandles: 500, look: 1 };

/** Differences that follow an autoregression of order 1 with the given mean, scored as candidate − champion. */
const paired = (n: number, mean: number, rho: number, seed: number, given = options) => {
  const random = createRandom(seed);
  const champion = Float64Array.from({ length: n }, () => 2 + random.normal());
  let state = random.normal();
  const candidate = champion.map((value) => {
    state = rho * state + Math.sqrt(1 - rho * rho) * random.normal();
    return value + mean + 0.3 * state;
  });
  return compare(candidate, champion, given);
};

const decisionOf = (n: number, mean: number, rho: number, seed: number, given = options) =>
  decide([], paired(n, mean, rho, seed, given), given).decision;

describe('the promotion rule', () => {
  it('promotes what is clearly better, and says by how much', () => {
    const result = decide([], paired(2000, 0.2, 0.3, 1), options);
    expect(result.decision).toBe('pass');
    expect(result.paired!.lower).toBeGreaterThan(0);
    expect(result.paired!.difference).toBeCloseTo(0.2, 1);
    expect(result.paired!.candidate - result.paired!.champion).toBeCloseTo(result.paired!.difference, 12);
    expect(result.reason).toMatch(/better than the champion: difference .* nats\/candle, .* 2000 candles/);
  });

  it('refuses what is worse', () => expect(decisionOf(2000, -0.2, 0.3, 2)).toBe('refuse'));

  it('refuses what is better by less than minDelta', () => {
    expect(decisionOf(2000, 0.2, 0.3, 1, { ...options, minDelta: 0.3 })).toBe('refuse');
  });

  it('asks for more candles, however good the first ones look', () => {
    const result = decide([], paired(499, 5, 0, 3), options);
    expect(result.decision).toBe('insufficient');
    expect(result.reason).toMatch(/^insufficient evidence: 499 candles .*500 needed/);
  });

  it('says so when there is no later candle at all', () => {
    const none = compare(new Float64Array(0), new Float64Array(0), options);
    expect(decide([], none, options)).toEqual({
      decision: 'insufficient',
      reason: expect.stringMatching(/0 candles/),
      checks: [],
    });
  });

  it('refuses numbers that are not finite', () => {
    const scores = new Float64Array(600).fill(1);
    const broken = scores.map((value, t) => (t === 300 ? Number.NaN : value));
    expect(decide([], compare(broken, scores, options), options).decision).toBe('refuse');
    const boundless = scores.map((value, t) => (t === 300 ? Infinity : value));
    expect(decide([], compare(boundless, scores, options), options).decision).toBe('refuse');
  });

  it('lets nothing pass a failed check, and names it', () => {
    const checks = [{ name: 'smallest share of a state', pass: false, value: 0.001, limit: 0.005 }];
    const result = decide(checks, paired(2000, 1, 0, 4), options);
    expect(result).toMatchObject({
      decision: 'refuse',
      reason: expect.stringContaining('smallest share of a state: 0.001'),
    });
    expect(decide(checks, undefined, options).decision).toBe('refuse');
  });

  it('judges a first model by the checks alone', () => {
    expect(decide([], undefined, options)).toEqual({
      decision: 'pass',
      reason: expect.stringMatching(/first model/),
      checks: [],
    });
  });

  it('never promotes a model over an equal one', () => {
    const same = Float64Array.from({ length: 1000 }, (_, t) => Math.sin(t));
    expect(decide([], compare(same, same, options), options).decision).toBe('refuse');
  });

  it('refuses to compare different candles', () => {
    expect(() => compare(new Float64Array(3), new Float64Array(4), options)).toThrow(RangeError);
  });
});

describe('the error that it allows', () => {
  it('is spent over the looks and never sums to more than alpha', () => {
    const spent = Array.from({ length: 100_000 }, (_, j) => alphaOfLook(0.05, j + 1)).reduce(
      (a, b) => a + b,
      0,
    );
    expect(spent).toBeLessThan(0.05);
    expect(spent).toBeGreaterThan(0.0499);
  });

  /** Two standard errors of 400 draws around 5 % are 2 points; the look spends 3 %. */
  it.each([
    [0, 500],
    [0.5, 500],
    [0.8, 500],
    [0.9, 1000],
    [-0.5, 500],
    [0.95, 5000],
  ])(
    'promotes on null data in fewer than one in twenty retrains: autocorrelation %f, %i candles',
    (rho, n) => {
      let promoted = 0;
      for (let seed = 0; seed < 400; seed++)
        promoted += decisionOf(n, 0, rho, 1000 + seed) === 'pass' ? 1 : 0;
      expect(promoted).toBeLessThan(20);
    },
  );

  it('holds over ten looks at the same champion, each with more candles', () => {
    let promoted = 0;
    for (let seed = 0; seed < 200; seed++) {
      const looks = Array.from({ length: 10 }, (_, j) => ({ ...options, look: j + 1 }));
      promoted += looks.some(
        (look) => decisionOf(500 + 100 * look.look, 0, 0.5, 9000 + seed, look) === 'pass',
      )
        ? 1
        : 0;
    }
    expect(promoted).toBeLessThan(10);
  });

  it('still has the power to find a difference of a third of a standard deviation', () => {
    let promoted = 0;
    for (let seed = 0; seed < 100; seed++)
      promoted += decisionOf(1500, 0.1, 0.5, 5000 + seed) === 'pass' ? 1 : 0;
    expect(promoted).toBeGreaterThan(95);
  });
});
