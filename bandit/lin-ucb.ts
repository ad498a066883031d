import type { Arm } from './lin-ts.ts';
import { estimate } from './ridge.ts';

/** The arm with the highest mean + α · deviation at x; ties go to the first. Deterministic. */
export const linUcbChoice = (
  arms: readonly Arm[],
  x: Float64Array,
  options: { lambda: number; alpha: number },
): number => {
  let best = 0;
  let bestScore = Number.NEGATIVE_INFINITY;
  arms.forEach(({ sums, remaining }, arm) => {
    const { mean, deviation } = estimate(sums, x, { lambda: options.lambda, remaining });
    const score = mean + options.alpha * deviation;
    if (score > bestScore) [best, bestScore] = [arm, score];
  });
  return best;
};
