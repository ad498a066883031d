import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { play } from '../play.ts';
import { readReference } from '../stream.fixture.ts';
import { simulatedStream } from '../streams.ts';
import { crossFitted } from './cross-fit.ts';
import { alwaysArm, type BanditLog, evaluatePolicy, type OffPolicyValue } from './estimators.ts';
import { prunable } from './pruning.ts';

const arms = 5;
const file = new URL('../../../shared/data/bandit/ope-log.csv', import.meta.url);
const rows = readFileSync(file, 'utf8')
  .trim()
  .split('\n')
  .slice(1)
  .map((line) => line.split(',').map(Number));
const log: BanditLog = {
  arms,
  served: Int32Array.from(rows, (row) => row[1]!),
  rewards: Float64Array.from(rows, (row) => row[2]!),
  propensities: Float64Array.from(rows.flatMap((row) => row.slice(3, 8))),
};
const forecasts = Float64Array.from(rows.flatMap((row) => row.slice(8, 13)));

const greedyTarget = (): Float64Array => {
  const target = new Float64Array(log.served.length * arms);
  rows.forEach((row, i) => {
    const q = row.slice(8, 13);
    target[i * arms + q.indexOf(Math.max(...q))] = 1;
  });
  return target;
};

const targetOf = (name: string): Float64Array => {
  if (name === 'uniform') return new Float64Array(log.served.length * arms).fill(1 / arms);
  return name === 'greedy_q' ? greedyTarget() : alwaysArm(log, Number(name.at(-1)));
};

const { estimates } = readReference('ope-ref.json') as { estimates: Record<string, Record<string, number>> };

describe('equals Open Bandit Pipeline 0.4.1', () => {
  test.each(Object.entries(estimates))('%s', (name, want) => {
    const { ips, snips, dm, dr, effectiveSampleSize } = evaluatePolicy(log, {
      target: targetOf(name),
      forecasts,
    });
    const got = {
      ips: ips.value,
      snips: snips.value,
      dm: dm.value,
      dr: dr.value,
      ess: effectiveSampleSize,
      ips_se: ips.standardError,
      dr_se: dr.standardError,
    };
    for (const [key, value] of Object.entries(got))
      expect(Math.abs(value - want[key]!), key).toBeLessThan(1e-8);
  });
});

test('the reference model is the cross-fitted ridge', () => {
  const x = readFileSync(new URL('../../../shared/data/bandit/stationary.csv', import.meta.url), 'utf8')
    .trim()
    .split('\n')
    .slice(1, 5001)
    .map((line) => Float64Array.from([1, ...line.split(',').slice(1, 8).map(Number)]));
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
