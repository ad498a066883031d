import type { FitOptions } from '../../hmm/fit.ts';
import { type Crew, createCrew } from '../../hmm/parallel/crew.ts';
import { fitByCrew, fitSeriesByCrew } from '../../hmm/parallel/fit.ts';
import { share } from '../../hmm/parallel/share.ts';
import { createBusy } from './busy.ts';
import { createCase } from './case.ts';

/** How many times faster (wall clock) two threads are than one; `busy` for loops that only count. */
export interface Gains {
  readonly busy: number;
  readonly series: number;
  readonly restarts: number;
  readonly sequences: number;
  readonly oneLongSequence: number;
}

export type Work = keyof Gains;

export interface GainOptions {
  /** Rows of one short series; the long sequence has 20 times as many. */
  readonly rows: number;
  /** Turns of the busy loop. */
  readonly spins: number;
  readonly rounds: number;
  readonly helperUrl?: URL;
}

/** All works by one and by two threads, interleaved, the least time of each over the rounds. */
export const gainsOfSecondThread = async ({
  rows,
  spins,
  rounds,
  helperUrl,
}: GainOptions): Promise<Gains> => {
  const [one, two] = [createCrew(1), createCrew(2, helperUrl)];
  const busy = createBusy(spins);
  const works = worksOf(rows);
  const pairs: Record<Work, readonly [() => void, () => void]> = {
    busy: [busy.alone, busy.byTwo],
    series: [() => works.series(one), () => works.series(two)],
    restarts: [() => works.restarts(one), () => works.restarts(two)],
    sequences: [() => works.sequences(one), () => works.sequences(two)],
    oneLongSequence: [() => works.oneLongSequence(one), () => works.oneLongSequence(two)],
  };
  const gains = gainsOf(pairs, rounds);
  await Promise.all([one.close(), two.close(), busy.close()]);
  return gains;
};

const gainsOf = (pairs: Record<Work, readonly [() => void, () => void]>, rounds: number): Gains => {
  const least = new Map<Work, [number, number]>();
  for (let round = 0; round < rounds; round++) {
    for (const work of Object.keys(pairs) as Work[]) {
      const [alone, byTwo] = least.get(work) ?? [Infinity, Infinity];
      const [first, second] = pairs[work].map(wallClock) as [number, number];
      least.set(work, [Math.min(alone, first), Math.min(byTwo, second)]);
    }
  }
  const gains = [...least].map(([work, [alone, byTwo]]) => [work, alone / byTwo]);
  return Object.fromEntries(gains) as Record<Work, number>;
};

const wallClock = (work: () => void): number => {
  const before = performance.now();
  work();
  return performance.now() - before;
};

/** As many iterations whatever the data: EM stops at no gain. */
const fixed = { nStates: 4, seed: 1, tolerance: -Infinity } as const;

const worksOf = (rows: number): Record<Exclude<Work, 'busy'>, (crew: Crew) => void> => {
  const size = { nRows: rows, nFeatures: 4, nStates: 4 };
  const { data } = createCase(size, 'full');
  const long = createCase({ ...size, nRows: 20 * rows }, 'full');
  const starts = Array.from({ length: 20 }, (_, i) => i * rows);
  const short: FitOptions = { ...fixed, covarianceType: 'full', restarts: 2, maxIterations: 20 };
  const resumed: FitOptions = { ...short, initial: long.initial };
  const whole = share(long.data);
  const jobs = Array.from({ length: 6 }, () => ({ data, options: short }));
  return {
    series: (crew) => fitSeriesByCrew(crew, jobs),
    restarts: (crew) => fitByCrew(crew, data, { ...short, restarts: 6, shortIterations: 20 }),
    sequences: (crew) => fitByCrew(crew, { ...whole, sequenceStarts: starts }, resumed),
    oneLongSequence: (crew) => fitByCrew(crew, whole, resumed),
  };
};
