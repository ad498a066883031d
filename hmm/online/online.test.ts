import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../numerics/random.ts';
import { createEStep } from '../e-step.ts';
import { filterObservations } from '../filter.ts';
import { fit } from '../fit.ts';
import { largestDifference, regimeRows } from '../hmm.fixture.ts';
import { maximise } from '../m-step.ts';
import { copyModel, type Hmm } from '../model.ts';
import type { Observations } from '../observations.ts';
import { defaultPrior } from '../prior.ts';
import { createStatistics, featureMeans, pooledCovariance } from '../statistics.ts';
import { defaultOnline, type OnlineConfig } from './config.ts';
import { absorb, filterOf, modelOf, startOnline } from './online.ts';
import { readOnlineState } from './read-state.ts';
import type { OnlineState } from './state.ts';

const D = 2;
const K = 3;
const genesisRows = 120;
const config: OnlineConfig = { ...defaultOnline, blockLength: 7, effectiveBars: 60, longestGap: 2 };

/** Bars 1000, 1001, … with some missing; genesis is the first 120 of them, without a gap. */
const stream = (() => {
  const { rows } = regimeRows(3, [260], D);
  const random = createRandom(8);
  const kept = Array.from({ length: 260 }, (_, t) => t).filter(
    (t) => t < genesisRows || !(random.uniform() < 0.08 || (t > 170 && t < 176)),
  );
  const later = kept.filter((t) => t >= genesisRows);
  return {
    genesis: { rows: rows.slice(0, genesisRows * D), nFeatures: D, sequenceStarts: [0] } as Observations,
    bars: Float64Array.from(later, (t) => 1000 + t),
    rows: Float64Array.from(later.flatMap((t) => [rows[t * D]!, rows[t * D + 1]!])),
  };
})();

const genesisOf = (data: Observations) => {
  const { model } = fit(data, { nStates: K, covarianceType: 'full', seed: 1, restarts: 2 });
  const statistics = createStatistics(K, featureMeans(data));
  createEStep(model, data).run(model, statistics);
  const { filtered } = filterObservations(model, data);
  return { model, statistics, filter: filtered.slice(-K) };
};
const genesis = genesisOf(stream.genesis);
const start = (over: Partial<OnlineConfig> = {}): OnlineState =>
  startOnline({ ...genesis, config: { ...config, ...over }, firstBar: 1000, bar: 1000 + genesisRows - 1 });

const part = (from: number, to: number): [Float64Array, Float64Array] => [
  stream.bars.subarray(from, to),
  stream.rows.subarray(from * D, to * D),
];
const bytes = (state: OnlineState): string => JSON.stringify(state);
const restored = (state: OnlineState): OnlineState => readOnlineState(JSON.parse(bytes(state)));
const n = stream.bars.length;
const whole = absorb(start(), stream.bars, stream.rows);

describe('the state of online learning', () => {
  it('is the same bytes when it is stored and read back after every bar', () => {
    let state = start();
    const scores: number[] = [];
    for (let t = 0; t < n; t++) {
      const step = absorb(restored(state), ...part(t, t + 1));
      scores.push(...step.logLikelihood);
      state = step.state;
    }
    expect(bytes(state)).toBe(bytes(whole.state));
    expect(scores).toEqual(Array.from(whole.logLikelihood));
  });

  it('is the same bytes however bars are cut into calls, and however often they come', () => {
    const cuts = fc.array(fc.tuple(fc.nat(n), fc.nat(40)), { maxLength: 12 });
    fc.assert(
      fc.property(cuts, (deliveries) => {
        let state = start();
        let seen = 0;
        for (const [upTo, again] of deliveries) {
          const from = Math.max(0, Math.min(seen, upTo) - again);
          const to = Math.max(seen, upTo);
          const { skipped, logLikelihood, state: next } = absorb(restored(state), ...part(from, to));
          expect(skipped).toBe(seen - from);
          expect(Array.from(logLikelihood).filter(Number.isNaN).length).toBe(seen - from);
          state = next;
          seen = to;
        }
        state = absorb(state, ...part(Math.max(0, seen - 5), n)).state;
        expect(bytes(state)).toBe(bytes(whole.state));
      }),
      { numRuns: 60 },
    );
  });

  it('is told how many bars are done, and stays the same', () => {
    const bars = Float64Array.from({ length: 25_000 }, (_, t) => 2000 + t);
    const rows = Float64Array.from(
      { length: bars.length * D },
      (_, i) => stream.rows[i % stream.rows.length]!,
    );
    const told: number[] = [];
    const { state } = absorb(start(), bars, rows, (done) => void told.push(done));
    expect(told).toEqual([0, 10_000, 20_000]);
    expect(bytes(state)).toBe(bytes(absorb(start(), bars, rows).state));
  });

  it('is not changed by a call', () => {
    const before = start();
    const copy = bytes(before);
    absorb(before, stream.bars, stream.rows);
    expect(bytes(before)).toBe(copy);
  });

  it('counts blocks by the index of their bars, so a missing bar shortens its block', () => {
    const { absorbed, blocks, lastBar, pending } = whole.state;
    const ids = new Set(Array.from(stream.bars, (bar) => Math.floor((bar - 1000) / 7)));
    expect(absorbed).toBe(n);
    expect(lastBar).toBe(stream.bars.at(-1));
    // The gap of six bars in bars 1171…1175 ends a block early; nothing else does.
    expect(blocks + (pending.bars.length > 0 ? 1 : 0)).toBeGreaterThanOrEqual(ids.size);
    expect(blocks).toBeLessThanOrEqual(ids.size + 3);
  });
});

describe('what a bar is scored by', () => {
  it('is the one-step predictive likelihood of the batch filter while parameters are held', () => {
    const state = start({ blockLength: 1000 });
    const inOneSequence = Array.from(stream.bars).findIndex(
      (bar, i) => bar - (stream.bars[i - 1] ?? bar) > 1,
    );
    const { logLikelihood, state: after } = absorb(state, ...part(0, inOneSequence));
    const rows = new Float64Array([...stream.genesis.rows, ...stream.rows.subarray(0, inOneSequence * D)]);
    const batch = filterObservations(genesis.model, { rows, nFeatures: D, sequenceStarts: [0] });
    expect(largestDifference(logLikelihood, batch.logLikelihood.subarray(genesisRows))).toBeLessThan(1e-12);
    expect(largestDifference(filterOf(after), batch.filtered.slice(-K))).toBeLessThan(1e-12);
  });

  it('goes through a short gap by powers of A, and begins anew after a long one', () => {
    const row = Float64Array.of(0.5, 0.5);
    const score = (bar: number): number => absorb(start(), Float64Array.of(bar), row).logLikelihood[0]!;
    const last = 1000 + genesisRows - 1;
    const bridged = { rows: new Float64Array([...stream.genesis.rows, Number.NaN, Number.NaN, ...row]) };
    const fresh = { rows: row };
    const batch = (data: { rows: Float64Array }): number =>
      filterObservations(genesis.model, { ...data, nFeatures: D, sequenceStarts: [0] }).logLikelihood.at(-1)!;
    expect(score(last + 2)).toBeCloseTo(batch(bridged), 12);
    expect(score(last + 4)).toBeCloseTo(batch(fresh), 12);
  });
});

describe('learning', () => {
  it('without forgetting, over one block with its parameters held, gives the batch statistics', () => {
    const rows = stream.rows.subarray(0, 20 * D);
    const bars = Float64Array.from({ length: 20 }, (_, t) => 1000 + genesisRows + t);
    const { state } = absorb(start({ effectiveBars: null, blockLength: genesisRows + 20 }), bars, rows);
    expect(state.blocks).toBe(1);
    const from: Hmm = { ...genesis.model, start: genesis.filter };
    const added = createStatistics(K, genesis.statistics.centre);
    const withBefore = new Float64Array([Number.NaN, Number.NaN, ...rows]);
    createEStep(from, { rows: withBefore, nFeatures: D, sequenceStarts: [0] }, { kernel: 'plain' }).run(
      from,
      added,
    );
    for (const name of ['transitions', 'weight', 'sums'] as const) {
      const want = genesis.statistics[name].map((value, i) => value + added[name][i]!);
      expect(largestDifference(state.statistics[name], want)).toBeLessThan(1e-9);
    }
    // The parameters are those of the MAP M-step on these statistics.
    const prior = defaultPrior(
      genesis.model,
      featureMeans(stream.genesis),
      pooledCovariance(stream.genesis, featureMeans(stream.genesis)),
    );
    const want = copyModel(genesis.model);
    const statistics = Object.fromEntries(
      Object.entries(state.statistics).map(([name, values]) => [name, Float64Array.from(values)]),
    ) as unknown as typeof added;
    maximise(want, statistics, prior);
    expect(largestDifference(modelOf(state).means, want.means)).toBeLessThan(1e-9);
    expect(largestDifference(modelOf(state).covariances, want.covariances)).toBeLessThan(1e-9);
  });

  it('forgets: the statistics weigh n_eff bars in the long run', () => {
    const { rows } = regimeRows(4, [1500], D);
    const bars = Float64Array.from({ length: 1500 }, (_, t) => 1000 + genesisRows + t);
    const { state } = absorb(start(), bars, rows);
    const weight = state.statistics.weight.reduce((a, b) => a + b, 0);
    expect(Math.abs(weight - 60)).toBeLessThan(5);
  });

  it('follows regimes that drift where a frozen model falls behind', () => {
    const random = createRandom(11);
    const T = 3000;
    const rows = new Float64Array(T * D);
    for (let t = 0; t < T; t++) {
      const regime = Math.floor(t / 40) % 2;
      for (let d = 0; d < D; d++) rows[t * D + d] = (t / T) * 6 + 2 * regime + random.normal();
    }
    const bars = Float64Array.from({ length: T }, (_, t) => 1000 + genesisRows + t);
    const learned = absorb(start({ effectiveBars: 200 }), bars, rows).logLikelihood;
    const frozen = absorb(start({ blockLength: 1e9 }), bars, rows).logLikelihood;
    const mean = (values: Float64Array): number => values.reduce((a, b) => a + b, 0) / values.length;
    expect(mean(learned.subarray(1000))).toBeGreaterThan(mean(frozen.subarray(1000)) + 0.5);
  });
});

describe('what is refused', () => {
  it.each([
    ['another schema', { schema: 'autotrain-online/2' }],
    ['a configuration that was changed', { config: { ...config, effectiveBars: 61 } }],
    ['a filter that is no distribution', { filter: [0.5, 0.6, 0.1] }],
    ['a filter of another length', { filter: [1] }],
    ['a last bar that is no number', { lastBar: null }],
    ['pending bars that do not reach the last bar', { lastBar: 5000 }],
    ['statistics of another shape', { statistics: { ...whole.state.statistics, sums: [1] } }],
  ])('reading %s', (_, change) => {
    const state = absorb(start(), ...part(0, 3)).state;
    const broken = { ...JSON.parse(bytes(state)), ...change } as OnlineState;
    expect(() => readOnlineState(broken)).toThrow(expect.objectContaining({ name: 'HmmError' }));
  });

  it.each([
    ['missing values', Float64Array.of(1121), Float64Array.of(1, Number.NaN), 'MissingValues'],
    ['an infinity', Float64Array.of(1121), Float64Array.of(1, Infinity), 'InvalidData'],
    ['half a bar', Float64Array.of(1121.5), Float64Array.of(1, 1), 'InvalidData'],
    ['rows that do not fit', Float64Array.of(1121), Float64Array.of(1), 'InvalidData'],
  ])('%s', (_, bars, rows, code) => {
    expect(() => absorb(start(), bars, rows)).toThrow(expect.objectContaining({ code }));
  });

  it.each([
    { blockLength: 0 },
    { blockLength: 1.5 },
    { effectiveBars: 1 },
    { effectiveBars: Number.NaN },
    { longestGap: -1 },
  ])('a configuration %o', (over) => {
    expect(() => start(over)).toThrow(expect.objectContaining({ code: 'InvalidData' }));
  });
});
