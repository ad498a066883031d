import { estimateAt, modelOf } from '../arm-model.ts';
import { type ArmSums, emptySums, learn } from '../arm-sums.ts';
import { precision } from '../ridge.ts';
import type { Step } from '../streams.ts';
import { largestError } from './compare.ts';

/** MABWiser's disjoint ridge arms: row t of the stream played arm t mod K. Matrices [D][D], vectors [D]. */
export interface PosteriorReference {
  readonly cases: readonly {
    readonly lambda: number;
    readonly arms: readonly {
      readonly A: readonly (readonly number[])[];
      readonly b: readonly number[];
      readonly beta: readonly number[];
    }[];
    /** Of row t: mean, deviation and mean + deviation of each arm. */
    readonly probe: readonly {
      readonly t: number;
      readonly mean: readonly number[];
      readonly sd: readonly number[];
      readonly ucb1: readonly number[];
    }[];
  }[];
}

type Case = PosteriorReference['cases'][number];

/** x₀ = 1, so the first entry of A counts the rows that an arm learned, beside λ. */
const rowsPlayed = ({ lambda, arms }: Case): number =>
  Math.round(arms.reduce((sum, { A }) => sum + A[0]![0]! - lambda, 0));

const played = (steps: readonly Step[], rows: number, arms: number): ArmSums[] => {
  const sums = Array.from({ length: arms }, () => emptySums(steps[0]!.x.length));
  steps.slice(0, rows).forEach(({ x, rewards }, t) => {
    const arm = t % arms;
    sums[arm] = learn(sums[arm]!, x, rewards[arm]!, 1);
  });
  return sums;
};

const caseError = (steps: readonly Step[], one: Case): number => {
  const options = { lambda: one.lambda, remaining: 1 };
  const sums = played(steps, rowsPlayed(one), one.arms.length);
  const models = sums.map((arm) => modelOf(arm, options));
  const learned = one.arms.flatMap(({ A, b, beta }, arm) => [
    largestError(precision(sums[arm]!, options), A.flat()),
    largestError(sums[arm]!.moment, b),
    largestError(models[arm]!.beta, beta),
  ]);
  const asked = one.probe.flatMap(({ t, mean, sd, ucb1 }) => {
    const estimates = models.map((model) => estimateAt(model, steps[t]!.x));
    return [
      largestError(
        estimates.map((estimate) => estimate.mean),
        mean,
      ),
      largestError(
        estimates.map(({ deviation }) => deviation),
        sd,
      ),
      largestError(
        estimates.map((estimate) => estimate.mean + estimate.deviation),
        ucb1,
      ),
    ];
  });
  return Math.max(...learned, ...asked);
};

/** Largest absolute error of A, b, β, mean, deviation and upper bound over all cases. */
export const posteriorError = ({ cases }: PosteriorReference, steps: readonly Step[]): number =>
  Math.max(...cases.map((one) => caseError(steps, one)));
