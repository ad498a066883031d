import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { play } from '../play.ts';
import { type OffPolicyReference, offPolicyErrors, parseLog } from '../reference/off-policy.ts';
import { readReference, readStream } from '../stream.fixture.ts';
import { simulatedStream } from '../streams.ts';
import { crossFitted } from './cross-fit.ts';
import { alwaysArm, type BanditLog, evaluatePolicy, type OffPolicyValue } from './estimators.ts';
import { prunable } from './pruning.ts';

const arms = 5;
const text = readFileSync(new URL('../../../shared/data/bandit/ope-log.csv', import.meta.url), 'utf8');
const logged = parseLog(text);
const { log, forecasts } = logged;
const reference = readReference('ope-ref.json') as OffPolicyReference;

describe('equals Open Bandit Pipeline 0.4.1', () => {
  test.each(Object.entries(offPolicyErrors(reference, logged)))('%s', (_, error) => {
    expect(error).toBeLessThan(1e-8);
  });
});

test('the reference model is the cross-fitted ridge', () => {
  const x = readStream('stationary.csv')
    .slice(0, 5_000)
    .map((step) => step.x);
  const got = crossFitted(log, x);
  expect(Math.max(...got.map((value, i) => Math.abs(value - forecasts[i]!)))).toBeLessThan(1e-7);
});

const wellServed = (value: number, ess: number, error = 0.01): OffPolicyValue => {
  const estimate = { value, standardError: error, low: value - 2 * error, high: value + 2 * error };
  return {
    ips: estimate,
    snips: estimate,
    dm: estimate,
    dr: estimate,
    effectiveSampleSize: ess,
    decisions: 500,
  };
};

describe('the intervals', () => {
  test('hold the truth about 95 times in 100 (DR, preset against truth, 60 simulated logs)', () => {
    let held = 0;
    const trials = 60;
    for (let seed = 1; seed <= trials; seed++) {
      const steps = simulatedStream('stationary', 1_000, seed);
      const policy = { algorithm: 'lin_ts', v: 0.25, epsilon: 0.1 } as const;
      const { choices, odds } = play(steps, { policy, rates: [{ halfLife: 346, v: 0.25 }], lambda: 1, seed });
      const from = 5;
      const logged: BanditLog = {
        arms,
        served: Int32Array.from(choices.slice(from)),
        rewards: Float64Array.from(choices.slice(from), (arm, i) => steps[i + from]!.rewards[arm]!),
        propensities: Float64Array.from(odds.slice(from).flatMap((shares) => [...shares])),
      };
      const contexts = steps.slice(from).map(({ x }) => x);
      const { dr } = evaluatePolicy(logged, {
        target: alwaysArm(logged, 0),
        forecasts: crossFitted(logged, contexts),
      });
      const truth = steps.slice(from).reduce((sum, { means }) => sum + means[0]!, 0) / contexts.length;
      if (dr.low <= truth && truth <= dr.high) held += 1;
    }
    expect(held / trials).toBeGreaterThan(0.86);
  });

  test('an empty log and an impossible decision are refused', () => {
    const empty = {
      arms: 2,
      served: new Int32Array(),
      rewards: new Float64Array(),
      propensities: new Float64Array(),
    };
    const nothing = { target: new Float64Array(), forecasts: new Float64Array() };
    expect(() => evaluatePolicy(empty, nothing)).toThrow('empty');
    const impossible = {
      arms: 1,
      served: new Int32Array(1),
      rewards: new Float64Array(1),
      propensities: new Float64Array(1),
    };
    expect(() =>
      evaluatePolicy(impossible, { target: new Float64Array(1), forecasts: new Float64Array(1) }),
    ).toThrow('propensity 0');
  });
});

describe('pruning', () => {
  const good = wellServed(0.5, 400);
  const bad = wellServed(-0.5, 60);
  const windowOf = (presets: Record<string, OffPolicyValue>) => new Map(Object.entries(presets));

  test('takes what was surely worse in both windows, the worst first', () => {
    const window = windowOf({ best: good, bad, worse: wellServed(-1, 80), fine: wellServed(0.49, 300) });
    expect(prunable([window, window], 'best')).toEqual(['worse', 'bad']);
  });
  test('one bad window, or too few effective decisions, takes nothing', () => {
    const once = windowOf({ best: good, other: good, bad });
    const before = windowOf({ best: good, other: good, bad: good });
    expect(prunable([before, once], 'best')).toEqual([]);
    const few = windowOf({ best: good, other: good, bad: wellServed(-0.5, 49) });
    expect(prunable([few, few], 'best')).toEqual([]);
  });
  test('the safe default and two presets stay', () => {
    const three = windowOf({ best: good, bad, worse: wellServed(-1, 80) });
    expect(prunable([three, three], 'worse')).toEqual(['bad']);
    expect(prunable([three, three], 'best')).toEqual(['worse']);
    const two = windowOf({ best: good, bad });
    expect(prunable([two, two], 'best')).toEqual([]);
  });
});
