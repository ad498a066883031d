import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { filterObservations } from '../filter.ts';
import { fit } from '../fit.ts';
import { createWorkspace, forwardBackward } from '../forward-backward.ts';
import { regimeRows } from '../hmm.fixture.ts';
import type { Hmm } from '../model.ts';
import type { Observations } from '../observations.ts';
import { defaultOnline } from '../online/config.ts';
import { absorb, modelOf, startOnline } from '../online/online.ts';
import { defaultStrength } from '../prior.ts';
import { accumulate, createStatistics, featureMeans, type Statistics } from '../statistics.ts';
import { poolRows } from './pool-rows.ts';
import { type Delivery, deliver, type PooledGenesis, startPooled } from './pooled-online.ts';
import type { PooledState } from './pooled-state.ts';

const D = 2;
const genesisBars = 200;
const later = 240;
const names = ['A', 'B', 'C'] as const;
type Name = (typeof names)[number];

const rowsOf = Object.fromEntries(
  names.map((name, i) => [name, regimeRows(i + 1, [genesisBars + later], D).rows]),
) as Record<Name, Float64Array>;
const genesisOf = (name: Name): Observations => ({
  rows: rowsOf[name].subarray(0, genesisBars * D),
  nFeatures: D,
  sequenceStarts: [0],
});

const statisticsOf = (model: Hmm, data: Observations): Statistics => {
  const statistics = createStatistics(model.nStates, featureMeans(data));
  const workspace = createWorkspace(data, model.nStates);
  forwardBackward(model, data, workspace, statistics.transitions);
  accumulate(model, data, workspace, statistics);
  return statistics;
};

const lastFilter = (model: Hmm, name: Name) =>
  filterObservations(model, genesisOf(name)).filtered.slice(-model.nStates);

const config = {
  online: { blockLength: 12, effectiveBars: 500, longestGap: 3, strength: defaultStrength },
  timeoutBars: 24,
};

const genesisFor = (given: readonly Name[]): PooledGenesis => {
  const data = poolRows(given.map(genesisOf));
  const { model } = fit(data, { nStates: 2, covarianceType: 'full', seed: 1, restarts: 1 });
  const series = given.map((name) => [name, { bar: genesisBars - 1, filter: lastFilter(model, name) }]);
  return {
    ...{ model, config, firstBar: 0, statistics: statisticsOf(model, data) },
    series: Object.fromEntries(series) as PooledGenesis['series'],
  };
};

/** The bars [from, to) of a series, some left out. */
const bars = (
  name: Name,
  from: number,
  to: number,
  without: (bar: number) => boolean = () => false,
): Delivery => {
  const kept = Array.from({ length: to - from }, (_, i) => from + i).filter((bar) => !without(bar));
  return {
    bars: Float64Array.from(kept),
    rows: Float64Array.from(kept.flatMap((bar) => Array.from(rowsOf[name].subarray(bar * D, (bar + 1) * D)))),
  };
};

const bytes = (state: PooledState): string => JSON.stringify(state);
const end = genesisBars + later;

describe('deliver', () => {
  let start: PooledState;
  let whole: PooledState;
  beforeAll(() => {
    start = startPooled(genesisFor(names));
    whole = deliver(
      start,
      Object.fromEntries(names.map((name) => [name, bars(name, genesisBars, end)])),
    ).state;
  });

  it('gives the same bytes for any order of arrival, any cut and any duplicate, while none is too far behind', () => {
    const turns = fc.array(
      fc.record({
        name: fc.constantFrom(...names),
        count: fc.integer({ min: 1, max: 9 }),
        again: fc.boolean(),
      }),
      { minLength: 300, maxLength: 300 },
    );
    fc.assert(
      fc.property(turns, (order) => {
        const at: Record<Name, number> = { A: genesisBars, B: genesisBars, C: genesisBars };
        let state = start;
        const give = (name: Name, from: number, to: number) => {
          // Through JSON each time: a process may have died in between.
          state = deliver(JSON.parse(bytes(state)) as PooledState, { [name]: bars(name, from, to) }).state;
        };
        for (const { name, count, again } of order) {
          const slowest = Math.min(...Object.values(at));
          const to = Math.min(at[name] + count, slowest + config.timeoutBars, end);
          if (to > at[name]) give(name, again ? genesisBars - 5 : at[name], to);
          at[name] = Math.max(at[name], to);
        }
        for (const name of names) give(name, Math.min(...Object.values(at)), end);
        expect(bytes(state)).toBe(bytes(whole));
      }),
      { numRuns: 12 },
    );
  });

  it('waits for the slowest series, and for no longer than the time-out', () => {
    const ahead = genesisBars + 44;
    const waiting = deliver(start, { A: bars('A', genesisBars, ahead), C: bars('C', genesisBars, ahead) });
    const [first, ...others] = waiting.rounds;
    expect(first).toMatchObject({ round: 16, missing: ['B'] });
    expect(others.map(({ round }) => round)).toEqual([17, 18, 19]);
    const patient = startPooled({ ...genesisFor(names), config: { ...config, timeoutBars: 44 } });
    expect(
      deliver(patient, { A: bars('A', genesisBars, ahead), C: bars('C', genesisBars, ahead) }).rounds,
    ).toEqual([]);
  });

  it('never learns from bars that come after their round, and says which they are', () => {
    const ahead = genesisBars + 44;
    const both = { A: bars('A', genesisBars, ahead), C: bars('C', genesisBars, ahead) };
    const without = deliver(start, both).state;
    const after = deliver(without, { B: bars('B', genesisBars, ahead) });
    const closed = after.late['B']!;
    expect(closed).toEqual(Array.from({ length: closed.length }, (_, i) => genesisBars + i));
    expect(closed.at(-1)).toBe(20 * 12 - 1);
    expect(after.state.model).not.toEqual(start.model);
    const rounds = after.rounds.flatMap(({ scores }) => scores['B']?.bars ?? []);
    expect(rounds.every((bar) => bar >= 20 * 12)).toBe(true);
  });

  it('is the same bytes whenever the late ones come, and however', () => {
    const ahead = genesisBars + 72;
    const both = { A: bars('A', genesisBars, ahead), C: bars('C', genesisBars, ahead) };
    const atOnce = deliver(deliver(start, both).state, { B: bars('B', genesisBars, genesisBars + 10) }).state;
    const half = genesisBars + 36;
    let inParts = deliver(start, { A: bars('A', genesisBars, half), C: bars('C', genesisBars, half) }).state;
    inParts = deliver(inParts, { A: bars('A', half, ahead), C: bars('C', half, ahead) }).state;
    for (const [from, to] of [
      [genesisBars, genesisBars + 4],
      [genesisBars + 4, genesisBars + 10],
    ] as const)
      inParts = deliver(inParts, { B: bars('B', from, to) }).state;
    expect(bytes(inParts)).toBe(bytes(atOnce));
  });

  it('takes a series back in that was away, as a new sequence', () => {
    const away = (bar: number) => bar >= genesisBars + 20 && bar < genesisBars + 150;
    const all = {
      A: bars('A', genesisBars, end),
      B: bars('B', genesisBars, end, away),
      C: bars('C', genesisBars, end),
    };
    const { state, rounds } = deliver(start, all);
    const scored = rounds.flatMap(({ scores }) => scores['B']?.bars ?? []);
    expect(scored).toContain(genesisBars + 150);
    expect(state.series.find(({ name }) => name === 'B')!.delivered).toBe(end - 1);
    expect(state.absorbed).toBe(
      rounds.flatMap(({ scores }) => Object.values(scores)).reduce((n, one) => n + one.bars.length, 0),
    );
  });

  it('scores every bar exactly once, before it learns from it', () => {
    const { rounds } = deliver(
      start,
      Object.fromEntries(names.map((name) => [name, bars(name, genesisBars, end)])),
    );
    for (const name of names) {
      const scored = rounds.flatMap(({ scores }) => scores[name]?.bars ?? []);
      expect(scored).toEqual(Array.from({ length: scored.length }, (_, i) => genesisBars + i));
    }
    expect(
      rounds.every(({ scores }) =>
        Object.values(scores).every((one) => one.logLikelihood.every(Number.isFinite)),
      ),
    ).toBe(true);
  });

  it('is online learning of one series when there is one, bit for bit', () => {
    const genesis = genesisFor(['A']);
    const alone = absorb(
      startOnline({
        ...genesis,
        config: config.online,
        bar: genesisBars - 1,
        filter: lastFilter(genesis.model, 'A'),
      }),
      bars('A', genesisBars, end).bars,
      bars('A', genesisBars, end).rows,
    );
    const pooled = deliver(startPooled(genesis), { A: bars('A', genesisBars, end) });
    const scores = pooled.rounds.flatMap((round) => round.scores['A']!.logLikelihood);
    expect(scores).toEqual(Array.from(alone.logLikelihood.subarray(0, scores.length)));
    expect(pooled.state.model).toEqual(alone.state.model);
    expect(modelOf(alone.state).nStates).toBe(2);
  });

  it('counts time and not rows when it forgets: three like series keep the weight of three', () => {
    const weight = (state: PooledState) => state.statistics.weight.reduce((a, b) => a + b, 0);
    expect(weight(whole)).toBeGreaterThan(3 * 0.9 * Math.min(config.online.effectiveBars, genesisBars));
    expect(weight(whole)).toBeLessThanOrEqual(3 * config.online.effectiveBars);
  });

  it('learns: what comes later is explained better than by the model of genesis', () => {
    const online = { ...defaultOnline, effectiveBars: 100, blockLength: 12 };
    const genesis = { ...genesisFor(names), config: { ...config, online } };
    const shifted = (name: Name): Delivery => {
      const one = bars(name, genesisBars, end);
      return { ...one, rows: one.rows.map((value) => value + 6) };
    };
    const given = Object.fromEntries(names.map((name) => [name, shifted(name)]));
    const { rounds } = deliver(startPooled(genesis), given);
    const tail = rounds.slice(-5).flatMap(({ scores }) => scores['A']!.logLikelihood);
    const bar = rounds.at(-1)!.scores['A']!.bars.at(-1)! - genesisBars + 1;
    const held = filterObservations(genesis.model, { ...genesisOf('A'), rows: given['A']!.rows });
    const frozen = held.logLikelihood.subarray(bar - tail.length, bar);
    const mean = (values: ArrayLike<number>) => Array.from(values).reduce((a, b) => a + b, 0) / values.length;
    expect(mean(tail)).toBeGreaterThan(mean(frozen) + 0.2);
  });

  it('refuses what it cannot read, and leaves the state as it was', () => {
    const before = bytes(start);
    const refused = (deliveries: Record<string, Delivery>) =>
      expect(() => deliver(start, deliveries)).toThrow(/./);
    refused({ X: bars('A', genesisBars, end) });
    refused({ A: { bars: Float64Array.of(genesisBars), rows: Float64Array.of(1) } });
    refused({ A: { bars: Float64Array.of(genesisBars), rows: Float64Array.of(1, Number.NaN) } });
    refused({ A: { bars: Float64Array.of(genesisBars + 0.5), rows: Float64Array.of(1, 1) } });
    expect(() => startPooled({ ...genesisFor(names), series: {} })).toThrow(/needs a series/);
    expect(bytes(start)).toBe(before);
  });
});
