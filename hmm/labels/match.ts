import type { Observations } from '../observations.ts';
import { assign } from './assignment.ts';
import { hellinger } from './hellinger.ts';
import { posteriorOverlap } from './overlap.ts';
import { type ScaledModel, stateDensities } from './state-density.ts';
import type { StateLabels } from './state-labels.ts';

/** Pairs that differ more are two states; measured in docs/explanation/regime-labels.md. */
const defaultFarthest = 0.5;

export interface StateMatch extends Pick<StateLabels, 'ids' | 'fresh' | 'nextId'> {
  /** [K] The state of the model before that each state continues; −1: none. */
  readonly from: readonly number[];
  /** [K] How far it is from that one, 0 to 1; of a fresh state: from the nearest one. */
  readonly distance: readonly number[];
}

/**
 * Which states of `next` are which of `previous`, seen on common rows in natural units. Two states differ by the mean of
 * the Hellinger distance of their emissions and one minus the overlap of their posteriors (by the distance alone where
 * neither occurs in the window). The assignment is the one of least total, any pair beyond `farthest` costing as much
 * as no pair at all, so that a good match is never given up to make a hopeless one less so; such a pair is none, and
 * its new state gets a fresh id, in the order of the states. The states' order decides nothing but ties (see `assign`).
 */
export const matchStates = (
  previous: ScaledModel & { readonly labels: Pick<StateLabels, 'ids' | 'nextId'> },
  next: ScaledModel,
  window: Observations,
  farthest: number = defaultFarthest,
): StateMatch => {
  const [rows, columns] = [next.hmm.nStates, previous.hmm.nStates];
  const distances = stateDistances(next, previous, window);
  const columnOf = assign({ rows, columns, costs: distances.map((value) => Math.min(value, farthest)) });
  const between = (k: number): Float64Array => distances.subarray(k * columns, (k + 1) * columns);
  const from = Array.from(columnOf, (j, k) => (j >= 0 && between(k)[j]! < farthest ? j : -1));
  let { nextId } = previous.labels;
  const ids = from.map((j) => (j < 0 ? nextId++ : previous.labels.ids[j]!));
  return {
    ...{ ids, nextId, from },
    fresh: from.map((j) => j < 0),
    distance: from.map((j, k) => (j < 0 ? Math.min(...between(k)) : between(k)[j]!)),
  };
};

/** [K of one · K of the other], 0 to 1. */
const stateDistances = (one: ScaledModel, other: ScaledModel, window: Observations): Float64Array => {
  const overlap = posteriorOverlap(one, other, window);
  const theirs = stateDensities(other);
  const apart = stateDensities(one).flatMap((mine) => theirs.map((their) => hellinger(mine, their)));
  return overlap.map((shared, at) => (Number.isNaN(shared) ? apart[at]! : 0.5 * (apart[at]! + 1 - shared)));
};
