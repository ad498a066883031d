import { cholesky } from './cholesky.ts';
import { symmetricEigen } from './symmetric-eigen.ts';

/**
 * Raises the symmetric n×n matrix S at `a[at…]` in place to the nearest Σ with Σ − diag(floor) positive semidefinite:
 * in units where the floors are 1, eigenvalues below 1 become 1. That is the Σ which maximises −ln |Σ| − tr(Σ⁻¹ S) under
 * the floor (Ingrassia & Rocci 2007, Comput. Stat. Data Anal. 51, §3), so EM's objective still cannot fall; raising the
 * diagonal would not be. `floor` [n] > 0. Returns how many directions were raised.
 */
export const floorCovariance = (a: Float64Array, n: number, at: number, floor: Float64Array): number => {
  if (isAbove(a, n, at, floor)) return 0;
  const roots = floor.map(Math.sqrt);
  const scaled = Float64Array.from(
    { length: n * n },
    (_, i) => a[at + i]! / (roots[Math.floor(i / n)]! * roots[i % n]!),
  );
  const { values, vectors } = symmetricEigen(scaled, n);
  const raised = values.filter((value) => !(value >= 1)).length;
  if (raised === 0) return 0;
  const kept = values.map((value) => (value >= 1 ? value : 1));
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = 0;
      for (let k = 0; k < n; k++) sum += vectors[i * n + k]! * kept[k]! * vectors[j * n + k]!;
      const value = sum * roots[i]! * roots[j]!;
      a[at + i * n + j] = value;
      a[at + j * n + i] = value;
    }
  }
  return raised;
};

/** Whether S − diag(floor) can be factored: the usual case, without eigenvalues. */
const isAbove = (a: Float64Array, n: number, at: number, floor: Float64Array): boolean => {
  const excess = a.slice(at, at + n * n);
  for (let i = 0; i < n; i++) excess[i * n + i] = excess[i * n + i]! - floor[i]!;
  return cholesky(excess, n, new Float64Array(n * n));
};
