import { type Job, observationsOf } from '../kernel/jobs.ts';
import { type Piece, partition } from '../kernel/partition.ts';
import { meet } from '../kernel/piece.ts';
import type { Pass } from '../kernel/span.ts';
import type { Hmm } from '../model.ts';
import type { Observations } from '../observations.ts';
import { createPlainEStep, type EStep, type Expectation, type Shape } from '../plain-e-step.ts';
import { addStatistics, clearStatistics, createStatistics, type Statistics } from '../statistics.ts';
import type { Crew } from './crew.ts';
import { createResults, resultsOf } from './results.ts';

/** A piece, who holds it, and its place among what that member holds. */
interface Share {
  readonly piece: Piece;
  readonly member: number;
  readonly place: number;
}

/**
 * The kernel's E-step (kernel-e-step.ts) by all threads: each goes once over its pieces, forward over first halves and
 * backward over second ones; halves then learn each other's end and go back the other way. Pieces are what they are
 * with one thread, and their statistics are added in the same order, so the bits are the same for any number of
 * threads. `data` is shared memory (share.ts), and fits the kernel.
 */
export const createSplitEStep = (crew: Crew, shape: Shape, data: Observations): EStep => {
  const shares = assign(partition(data), crew.size);
  const own = Array.from({ length: crew.size }, (_, m) => shares.filter(({ member }) => member === m));
  const results = own.map((some) => createResults(shape, some.length));
  const hold = own.map((some, m) => ({
    ...{ shape, rows: data.rows, pieces: some.map(({ piece }) => piece) },
    results: results[m]!,
  }));
  const hasHalves = shares.some(({ piece }) => piece.kind !== 'whole');
  return {
    run(model, statistics) {
      if (crew.heldFor !== shares) crew.ask('hold', hold);
      crew.heldFor = shares;
      const { centre } = statistics;
      const passes = crew.ask(
        'first',
        own.map(() => ({ model, centre })),
      );
      const ends = shares.map(({ member, place }) => passes[member]![place]);
      const isDone = hasHalves ? finishHalves(crew, shares, own, ends, { model, centre }) : ends.map(Boolean);
      const found = results.map((memory) => resultsOf(memory, shape, centre));
      const parts = shares.map(({ member, place }, i) => (isDone[i] ? found[member]![place] : undefined));
      clearStatistics(statistics);
      return add(shares, ends, parts, { shape, data, model, statistics });
    },
  };
};

/** The longest piece goes to whom has the least to do; each holds its pieces in their order. */
const assign = (pieces: readonly Piece[], members: number): Share[] => {
  const load = Array.from({ length: members }, () => 0);
  const owner = new Map<Piece, number>();
  for (const piece of [...pieces].sort((a, b) => b.to - b.from - (a.to - a.from))) {
    const member = load.indexOf(Math.min(...load));
    load[member] = load[member]! + piece.to - piece.from;
    owner.set(piece, member);
  }
  const held = Array.from({ length: members }, () => 0);
  return pieces.map((piece) => {
    const member = owner.get(piece)!;
    const place = held[member]!;
    held[member] = place + 1;
    return { piece, member, place };
  });
};

/** The second pass over the halves. Which pieces are done then, whole ones included. */
const finishHalves = (
  crew: Crew,
  shares: readonly Share[],
  own: readonly (readonly Share[])[],
  ends: readonly (Pass | undefined)[],
  given: { readonly model: Hmm; readonly centre: Float64Array },
): boolean[] => {
  const others = new Map(shares.map((share, i) => [share, otherEnd(share, i, ends)]));
  const answers = crew.ask(
    'second',
    own.map((some) => ({ ...given, others: some.map((share) => others.get(share)) })),
  );
  return shares.map(({ piece, member, place }, i) =>
    piece.kind === 'whole' ? ends[i] !== undefined : answers[member]![place]!,
  );
};

/** The end of the first pass over the other half of its sequence; undefined where one of both failed. */
const otherEnd = (
  { piece: { kind } }: Share,
  i: number,
  ends: readonly (Pass | undefined)[],
): Float64Array | undefined => {
  if (kind === 'whole' || !ends[i]) return undefined;
  return ends[kind === 'firstHalf' ? i + 1 : i - 1]?.end;
};

interface Work {
  readonly shape: Shape;
  readonly data: Observations;
  readonly model: Hmm;
  readonly statistics: Statistics;
}

/** Adds up job after job, as the kernel does alone; what it could not do exactly is done here by the plain path. */
const add = (
  shares: readonly Share[],
  ends: readonly (Pass | undefined)[],
  parts: readonly (Statistics | undefined)[],
  work: Work,
): Expectation => {
  let logLikelihood = 0;
  let inLogSpace = 0;
  shares.forEach(({ piece }, i) => {
    if (piece.kind === 'secondHalf') return;
    const last = piece.kind === 'firstHalf' ? i + 1 : i;
    const found = parts.slice(i, last + 1);
    const expectation = found.every((part) => part !== undefined)
      ? { logLikelihood: likelihood(work.model, ends[i]!, last > i ? ends[last] : undefined), inLogSpace: 0 }
      : plainly({ ...piece, to: shares[last]!.piece.to }, work, found);
    for (const part of found) addStatistics(work.statistics, part!);
    logLikelihood += expectation.logLikelihood;
    inLogSpace += expectation.inLogSpace;
  });
  return { logLikelihood, inLogSpace };
};

const likelihood = (model: Hmm, first: Pass, second: Pass | undefined): number =>
  second ? meet(model, first, second) : first.logScale;

/** Replaces what was found of the job. */
const plainly = (
  job: Omit<Job, 'run'>,
  { shape, data, model, statistics }: Work,
  found: (Statistics | undefined)[],
): Expectation => {
  const whole = createStatistics(model.nStates, statistics.centre);
  found.splice(0, found.length, whole);
  return createPlainEStep(shape, observationsOf(data, job)).run(model, whole);
};
