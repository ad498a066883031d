import { log } from '../numerics/elementary.ts';
import { HmmError } from './hmm-error.ts';
import { logEmissionsOf } from './missing.ts';
import type { Hmm } from './model.ts';
import { type Observations, rowCount, type Span, spans } from './observations.ts';

export interface Decoded {
  readonly path: Int32Array;
  /** Viterbi: ln P(path, rows); map: Σₜ of the largest posterior, as hmmlearn calls it. */
  readonly logprob: number;
}

/**
 * The most probable path (Viterbi 1967). Ties as hmmlearn breaks them: the lowest state in the last row, the highest
 * on the way back. No back-pointers are stored; the lattice takes T·K numbers.
 */
export const plainViterbi = (model: Hmm, data: Observations): Decoded => {
  const lattice = logEmissionsOf(model, data);
  const path = new Int32Array(rowCount(data));
  const logA = logarithms(model.transition);
  let logprob = 0;
  for (const span of spans(data)) {
    climb(model, span, lattice, logA);
    logprob += walkBack(model.nStates, span, lattice, logA, path);
  }
  return { path, logprob };
};

/** The state with the largest posterior at each row; the lowest one of equals. */
export const mapPath = (gamma: Float64Array, nStates: number): Decoded => {
  let logprob = 0;
  const path = Int32Array.from({ length: gamma.length / nStates }, (_, t) => {
    const best = firstLargest(gamma, t * nStates, nStates);
    logprob += gamma[t * nStates + best]!;
    return best;
  });
  return { path, logprob };
};

const climb = (model: Hmm, { from, to }: Span, lattice: Float64Array, logA: Float64Array): void => {
  const { nStates: K } = model;
  for (let k = 0; k < K; k++) lattice[from * K + k] = log(model.start[k]!) + lattice[from * K + k]!;
  for (let t = from + 1; t < to; t++) {
    for (let k = 0; k < K; k++) {
      let largest = -Infinity;
      for (let j = 0; j < K; j++) {
        const value = lattice[(t - 1) * K + j]! + logA[j * K + k]!;
        if (value > largest) largest = value;
      }
      lattice[t * K + k] = largest + lattice[t * K + k]!;
    }
  }
};

const walkBack = (
  K: number,
  { from, to }: Span,
  lattice: Float64Array,
  logA: Float64Array,
  path: Int32Array,
): number => {
  let state = firstLargest(lattice, (to - 1) * K, K);
  const logprob = lattice[(to - 1) * K + state]!;
  demandPath(logprob, { from, to });
  path[to - 1] = state;
  for (let t = to - 2; t >= from; t--) {
    let largest = -Infinity;
    const next = state;
    for (let j = 0; j < K; j++) {
      const value = lattice[t * K + j]! + logA[j * K + next]!;
      if (value >= largest) [state, largest] = [j, value];
    }
    path[t] = state;
  }
  return logprob;
};

/** Throws `ImpossibleRow` when the best path of a sequence has probability 0. */
export const demandPath = (logprob: number, { from, to }: Span): void => {
  if (!(logprob > -Infinity))
    throw new HmmError('ImpossibleRow', `no path explains the rows ${from} to ${to}`);
};

/** ln of each probability; −∞ of 0. */
export const logarithms = (probabilities: Float64Array): Float64Array => probabilities.map(log);

/** The index of the first of the largest among `n` values. */
export const firstLargest = (values: Float64Array, at: number, n: number): number => {
  let best = 0;
  for (let k = 1; k < n; k++) if (values[at + k]! > values[at + best]!) best = k;
  return best;
};
