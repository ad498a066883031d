import type { CovarianceType, Hmm } from '../../hmm/model.ts';
import type { Observations } from '../../hmm/observations.ts';
import { sample } from '../../hmm/sample.ts';
import { createRandom, type Random } from '../../numerics/random.ts';

export interface Size {
  readonly nRows: number;
  readonly nFeatures: number;
  readonly nStates: number;
}

/** What all contestants are given: one sequence and where EM starts. */
export interface Case {
  readonly name: string;
  readonly data: Observations;
  readonly initial: Hmm;
}

export const sizes: readonly Size[] = [
  { nRows: 50_000, nFeatures: 3, nStates: 4 },
  { nRows: 200_000, nFeatures: 4, nStates: 4 },
  { nRows: 50_000, nFeatures: 6, nStates: 6 },
];

export const covarianceTypes = ['diag', 'full'] as const satisfies readonly CovarianceType[];

/** Rows drawn from a persistent HMM; EM starts from means that are moved away from the true ones. */
export const createCase = (size: Size, type: (typeof covarianceTypes)[number], seed = 1): Case => {
  const random = createRandom(seed);
  const truth = persistentModel(size, type, random);
  const { rows } = sample(truth, size.nRows, random);
  return {
    name: `${size.nRows / 1000}k×${size.nFeatures} K=${size.nStates} ${type}`,
    data: { rows, nFeatures: size.nFeatures, sequenceStarts: [0] },
    initial: { ...truth, means: truth.means.map((mean) => mean + 0.3 * random.normal()) },
  };
};

/** Stays in a state for 20 rows on average; deviations between 0.7 and 1.3, means about 2 apart. */
const persistentModel = (
  { nFeatures: D, nStates: K }: Size,
  type: (typeof covarianceTypes)[number],
  random: Random,
): Hmm => {
  const transition = new Float64Array(K * K).fill(0.05 / (K - 1));
  for (let k = 0; k < K; k++) transition[k * K + k] = 0.95;
  const deviation = Float64Array.from({ length: K * D }, () => 0.7 + 0.6 * random.uniform());
  return {
    covarianceType: type,
    nStates: K,
    nFeatures: D,
    start: new Float64Array(K).fill(1 / K),
    transition,
    means: Float64Array.from({ length: K * D }, () => 1.5 * random.normal()),
    covariances: type === 'diag' ? deviation.map((s) => s * s) : correlated(deviation, K, D),
  };
};

/** Neighbouring features correlate with 0.4. */
const correlated = (deviation: Float64Array, K: number, D: number): Float64Array =>
  Float64Array.from({ length: K * D * D }, (_, at) => {
    const k = Math.floor(at / (D * D));
    const [i, j] = [Math.floor(at / D) % D, at % D];
    return 0.4 ** Math.abs(i - j) * deviation[k * D + i]! * deviation[k * D + j]!;
  });
