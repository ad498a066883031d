import { posteriors } from '../inference.ts';
import type { Observations } from '../observations.ts';
import { scaleRows } from '../scaler.ts';
import type { ScaledModel } from './state-density.ts';

/** A state that has less of the window than this (in rows) says nothing about it. */
const leastRows = 1;

/**
 * How alike two models cut the same rows (in natural units): for state i of one and j of the other Σₜ min(γᵢ, γⱼ) /
 * Σₜ max(γᵢ, γⱼ) of the smoothed posteriors, the Jaccard index of two fuzzy sets (Ruzicka 1958): 1 the same rows, 0
 * none in common. NaN where neither state has rows in the window. [K of one · K of the other]
 */
export const posteriorOverlap = (
  one: ScaledModel,
  other: ScaledModel,
  window: Observations,
): Float64Array => {
  const [a, b] = [smoothed(one, window), smoothed(other, window)];
  const [rows, columns] = [one.hmm.nStates, other.hmm.nStates];
  const overlap = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++) overlap[i * columns + j] = jaccard(a, b, i, j, rows, columns);
  return overlap;
};

const smoothed = ({ hmm, scaler }: ScaledModel, window: Observations): Float64Array =>
  posteriors(hmm, { ...window, rows: scaleRows(scaler, window.rows) }).gamma;

const jaccard = (
  a: Float64Array,
  b: Float64Array,
  i: number,
  j: number,
  rows: number,
  columns: number,
): number => {
  let [common, all] = [0, 0];
  for (let t = 0; t < a.length / rows; t++) {
    const [p, q] = [a[t * rows + i]!, b[t * columns + j]!];
    common += Math.min(p, q);
    all += Math.max(p, q);
  }
  return all < leastRows ? Number.NaN : common / all;
};
