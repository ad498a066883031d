import type { Hmm } from '../model.ts';
import type { Statistics } from '../statistics.ts';
import type { Arena } from './arena.ts';
import { wordSize } from './layout.ts';
import { momentsOf } from './statistics-code.ts';

/** Sums of a span begin at 0. */
export const clearSums = ({ doubles, layout }: Arena): void => {
  const { paddedStates: P, momentCount } = layout;
  const moments = layout.moments / wordSize;
  const transitions = layout.transitionProducts / wordSize;
  doubles.fill(0, moments, moments + P * momentCount);
  doubles.fill(0, transitions, transitions + P * P);
};

/** Adds the sums of a span to `statistics`; returns the weight of all states. */
export const addSums = (arena: Arena, model: Hmm, statistics: Statistics): number => {
  let total = 0;
  for (let k = 0; k < model.nStates; k++) total += addMoments(arena, k, statistics);
  addTransitions(arena, model, statistics.transitions);
  return total;
};

/** Returns the weight of the state. */
const addMoments = ({ doubles, layout }: Arena, k: number, statistics: Statistics): number => {
  const { nFeatures: D, momentCount } = layout;
  const base = layout.moments / wordSize + Math.floor(k / 2) * 2 * momentCount + (k % 2);
  for (const {
    at,
    features: [i, j],
  } of momentsOf(layout)) {
    const value = doubles[base + 2 * at]!;
    if (i === undefined) add(statistics.weight, k, value);
    else if (j === undefined) add(statistics.sums, k * D + i, value);
    else add(statistics.products, (k * D + i) * D + j, value);
  }
  return doubles[base]!;
};

const addTransitions = ({ doubles, layout }: Arena, model: Hmm, transitions: Float64Array): void => {
  const { nStates: K, paddedStates: P } = layout;
  const products = layout.transitionProducts / wordSize;
  for (let j = 0; j < K; j++) {
    for (let k = 0; k < K; k++) {
      add(transitions, j * K + k, doubles[products + j * P + k]! * model.transition[j * K + k]!);
    }
  }
};

const add = (values: Float64Array, index: number, value: number): void => {
  values[index] = values[index]! + value;
};
