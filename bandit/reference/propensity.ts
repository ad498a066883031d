import { propensities } from '../propensity.ts';
import { largestError } from './compare.ts';

/** P(arm has the highest score) of independent normals: means m, deviations sd, chances p. */
export interface PropensityReference {
  readonly cases: readonly {
    readonly m: readonly number[];
    readonly sd: readonly number[];
    readonly p: readonly number[];
  }[];
}

/** Largest absolute error over all cases, and of Σp from 1. */
export const propensityError = ({ cases }: PropensityReference): number =>
  Math.max(
    ...cases.map(({ m, sd, p }) => {
      const got = propensities(m.map((mean, arm) => ({ mean, deviation: sd[arm]! })));
      const total = got.reduce((sum, share) => sum + share, 0);
      return Math.max(largestError(got, p), Math.abs(total - 1));
    }),
  );
