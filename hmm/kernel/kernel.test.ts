import { describe, expect, it } from 'vitest';
import { createEStep } from '../e-step.ts';
import { covarianceTypes, largestDifference, randomModel, regimeRows } from '../hmm.fixture.ts';
import { posteriors, viterbi } from '../inference.ts';
import type { CovarianceType, Hmm } from '../model.ts';
import type { Observations } from '../observations.ts';
import { addStatistics, createStatistics, featureMeans, type Statistics } from '../statistics.ts';
import { createArena } from './arena.ts';
import { layoutOf, wordSize } from './layout.ts';
import { kernelFits } from './limits.ts';
import { partition } from './partition.ts';
import { createWorkshop, firstPass, meet, secondPass } from './piece.ts';

const names = ['start', 'transitions', 'weight', 'sums', 'products'] as const;

const expectation = (model: Hmm, data: Observations, kernel: 'wasm' | 'plain') => {
  const statistics = createStatistics(model.nStates, featureMeans(data));
  return { ...createEStep(model, data, { kernel }).run(model, statistics), statistics };
};

const largest = (values: Float64Array): number => Math.max(...values.map(Math.abs));

/** Largest difference, each array relative to its largest number; sums cancel, so relative to √(Σ γ · Σ γ y²). */
const apart = (a: Statistics, b: Statistics): number =>
  Math.max(
    ...names.map((name) => {
      const size = name === 'sums' ? Math.sqrt(largest(a.weight) * largest(a.products)) : largest(a[name]);
      return largestDifference(a[name], b[name]) / (size || 1);
    }),
  );

const expectSame = (model: Hmm, data: Observations, tolerance = 1e-12): void => {
  const [plain, wasm] = [expectation(model, data, 'plain'), expectation(model, data, 'wasm')];
  expect(apart(plain.statistics, wasm.statistics)).toBeLessThan(tolerance);
  const scale = Math.abs(plain.logLikelihood);
  expect(Math.abs(wasm.logLikelihood - plain.logLikelihood)).toBeLessThan(tolerance * scale);
  expect(wasm.inLogSpace).toBeLessThanOrEqual(plain.inLogSpace);
};

const shapes: [CovarianceType, number, number][] = covarianceTypes.flatMap((type) =>
  [...Array(12).keys()].map((i): [CovarianceType, number, number] => [type, i + 1, ((5 * i) % 8) + 1]),
);

describe('the kernel gives what the plain path gives', () => {
  it.each(shapes)('%s, K=%d, D=%d', (type, K, D) => {
    const data = regimeRows(K, [300, 1, 2, 254, 257, 3], D);
    const model = randomModel(K + D, type, K, D);
    expectSame(model, data);
    const [plain, wasm] = (['plain', 'wasm'] as const).map((kernel) => posteriors(model, data, { kernel }));
    expect(largestDifference(wasm!.gamma, plain!.gamma)).toBeLessThan(1e-12);
    expect(viterbi(model, data)).toEqual(viterbi(model, data, { kernel: 'plain' }));
  });

  it.each([1, 2, 3, 255, 256, 257, 511, 512, 513])('one sequence of %d rows', (T) => {
    expectSame(randomModel(3, 'full', 3, 2), regimeRows(3, [T], 2));
  });

  it('sequences that are halved, and short ones between them', () => {
    const data = regimeRows(5, [40, 16_384, 3, 17_000, 9], 2);
    expect(partition(data).map(({ kind }) => kind)).toEqual([
      'whole',
      'firstHalf',
      'secondHalf',
      'whole',
      'firstHalf',
      'secondHalf',
      'whole',
    ]);
    expectSame(randomModel(5, 'diag', 4, 2), data);
    const model = randomModel(5, 'diag', 3, 2);
    const [plain, wasm] = (['plain', 'wasm'] as const).map((kernel) => posteriors(model, data, { kernel }));
    expect(largestDifference(wasm!.gamma, plain!.gamma)).toBeLessThan(1e-12);
  });

  it('rows that are far away, far apart and constant', () => {
    const data = regimeRows(2, [600], 2);
    const model = randomModel(2, 'diag', 3, 2);
    const far = { ...data, rows: data.rows.map((x) => x + 1e8) };
    expectSame({ ...model, means: model.means.map((x) => x + 1e8) }, far, 1e-9);
    data.rows.set([1e6, -1e6, 1e12, 0], 200);
    data.rows.fill(1, 400, 500);
    expectSame(model, data);
  });

  it('a start that excludes states which explain the first row better', () => {
    const model = randomModel(1, 'diag', 3, 1);
    const excluded = {
      ...model,
      start: Float64Array.of(0, 0.25, 0.75),
      means: Float64Array.of(0, 900, -900),
    };
    expectSame(excluded, regimeRows(1, [50, 60], 1));
  });
});

describe('what the kernel cannot do exactly goes the plain path', () => {
  const vanishing = (p: number): Hmm => ({
    ...randomModel(1, 'diag', 2, 1),
    transition: Float64Array.of(1 - p, p, p, 1 - p),
    means: Float64Array.of(0, 40),
    covariances: Float64Array.of(1, 1),
  });
  const jumping = {
    ...regimeRows(1, [400], 1),
    rows: Float64Array.from({ length: 400 }, (_, t) => (t % 100 < 50 ? 0 : 40)),
  };

  it.each([1e-80, 1e-95, 1e-120, 1e-300, 0])('transitions of %d: the same bits or the same numbers', (p) => {
    expectSame(vanishing(p), jumping);
    const [plain, wasm] = (['plain', 'wasm'] as const).map((kernel) =>
      posteriors(vanishing(p), jumping, { kernel }),
    );
    expect(largestDifference(wasm!.gamma, plain!.gamma)).toBeLessThan(1e-12);
  });

  it('a way through a state whose weight underflowed long before', () => {
    const model: Hmm = {
      ...randomModel(1, 'diag', 3, 1),
      start: Float64Array.of(1, 0, 0),
      transition: Float64Array.of(0.999, 0.001, 0, 0, 0.5, 0.5, 0, 0, 1),
      means: Float64Array.of(0, 40, 80),
      covariances: Float64Array.of(1, 1, 1),
    };
    const rows = Float64Array.from({ length: 700 }, (_, t) => (t < 600 ? 0 : 80));
    const data = { rows, nFeatures: 1, sequenceStarts: [0] };
    expectSame(model, data);
    expect(posteriors(model, data).gamma[599 * 3 + 1]).toBe(
      posteriors(model, data, { kernel: 'plain' }).gamma[599 * 3 + 1],
    );
  });

  it('refuses missing values, infinities, weights, Student-t, one state and large shapes', () => {
    const data = regimeRows(1, [10], 2);
    const model = randomModel(1, 'full', 3, 2);
    expect(kernelFits(model, data)).toBe(true);
    for (const value of [Number.NaN, Infinity]) {
      expect(kernelFits(model, { ...data, rows: data.rows.with(13, value) })).toBe(false);
    }
    expect(kernelFits(model, { ...data, weights: new Float64Array(10) })).toBe(false);
    expect(kernelFits({ ...model, degreesOfFreedom: new Float64Array(3).fill(5) }, data)).toBe(false);
    expect(kernelFits({ ...model, nStates: 1 }, data)).toBe(false);
    expect(kernelFits({ ...model, nStates: 40 }, data)).toBe(false);
    expect(kernelFits({ ...model, nFeatures: 30 }, data)).toBe(false);
  });

  it('throws ImpossibleRow as the plain path does', () => {
    const model = { ...vanishing(0), start: Float64Array.of(1, 0) };
    const data = { ...jumping, rows: jumping.rows.map((x) => (x === 40 ? 1e200 : x)) };
    for (const kernel of ['plain', 'wasm'] as const) {
      expect(() => expectation(model, data, kernel)).toThrow(/no state/);
      expect(() => viterbi(model, data, { kernel })).toThrow(/no path/);
    }
  });
});

describe('the same bits', () => {
  const data = regimeRows(4, [16_500, 700, 20], 3);
  const model = randomModel(4, 'full', 4, 3);

  it('at every run', () => {
    const eStep = createEStep(model, data);
    const [one, two] = [0, 1].map(() => {
      const statistics = createStatistics(4, featureMeans(data));
      return { ...eStep.run(model, statistics), statistics };
    });
    expect(two).toEqual(one);
    expect(expectation(model, data, 'wasm')).toEqual(one);
  });

  it('when each piece is worked on in a memory of its own, as threads do', () => {
    const pieces = partition(data);
    const centre = featureMeans(data);
    const owns = pieces.map(() => createStatistics(4, centre));
    const shops = pieces.map((piece) => createWorkshop(model, data.rows, [piece]));
    for (const { arena } of shops) arena.load(model, centre);
    const passes = shops.map(({ spans }, i) => firstPass(pieces[i]!.kind, spans[0]!, model)!);
    const total = createStatistics(4, centre);
    for (const i of [2, 1, 0]) {
      const { kind } = pieces[i]!;
      const other = { firstHalf: passes[1], secondHalf: passes[0], whole: undefined }[kind];
      const output = { statistics: owns[i]! };
      expect(secondPass(kind, shops[i]!.spans[0]!, model, output, other?.end)).toBe(true);
    }
    for (const own of owns) addStatistics(total, own);
    const whole = expectation(model, data, 'wasm');
    for (const name of names) expect(total[name]).toEqual(whole.statistics[name]);
    expect(meet(model, passes[0]!, passes[1]!) + passes[2]!.logScale).toBe(whole.logLikelihood);
  });
});

describe('the parts', () => {
  const shape = { covarianceType: 'diag', nStates: 2, nFeatures: 1 } as const;
  const arena = createArena(shape, 4096);
  const { layout, functions, doubles } = arena;

  it('has exponentials within 1 ulp, and 0 far below', () => {
    const x = Float64Array.from({ length: 4000 }, (_, i) => -((i / 150) ** 2));
    x.set([0, -0, -1e-300, -1e-17, -Math.LN2 / 2, -707.9, -708.1, -1e5, -Infinity, Number.NaN]);
    doubles.set(x, layout.heap / wordSize);
    functions.exponentials!(layout.heap, layout.heap + x.length * wordSize);
    const got = doubles.subarray(layout.heap / wordSize, layout.heap / wordSize + x.length);
    const wrong = [...x].filter((value, i) => {
      const want = value > -708 ? Math.exp(value) : 0;
      return !(Math.abs(got[i]! - want) <= 2.3e-16 * want);
    });
    expect(wrong).toEqual([]);
  });

  it('multiplies what would underflow, and says what is too large or no number', () => {
    const at = layout.totals / wordSize;
    doubles.fill(3e-280, at, at + 256);
    expect(functions.logProduct!(layout.totals, layout.totals + 256 * wordSize)).toBe(1);
    const product = layout.logProduct / wordSize;
    const log = Math.log(doubles[product]!) + (doubles[product + 1]! - 1023 * 256) * Math.LN2;
    expect(log).toBeCloseTo(256 * Math.log(3e-280), 9);
    for (const value of [1e91, Infinity, Number.NaN]) {
      doubles[at + 77] = value;
      expect(functions.logProduct!(layout.totals, layout.totals + 256 * wordSize)).toBe(0);
    }
  });

  it('takes at most 3·T·K doubles beyond the data, but for what one block needs', () => {
    const T = 20_000;
    for (const [K, D] of [
      [2, 8],
      [3, 3],
      [4, 4],
      [5, 2],
      [6, 6],
      [8, 1],
    ] as const) {
      const data = { ...regimeRows(1, [64], D), rows: new Float64Array(T * D) };
      const { arena: own } = createWorkshop(
        { ...shape, nStates: K, nFeatures: D },
        data.rows,
        partition(data),
      );
      const block = layoutOf({ ...shape, nStates: K, nFeatures: D }).heap / wordSize + 2 * 256 * D;
      expect(own.doubles.length - block - 65_536 / wordSize).toBeLessThan(3 * T * K);
    }
  });
});
