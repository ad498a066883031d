import { HmmError } from './hmm-error.ts';
import type { CovarianceType, Hmm } from './model.ts';

export type Emission = 'gaussian' | 'student-t';

/** A start for EM: tails heavy enough to tell from a Gaussian's. */
const initialDegreesOfFreedom = 10;

/** The model with the emissions asked for, everything else the same. */
export const withEmission = (model: Hmm, emission: Emission): Hmm => {
  const { degreesOfFreedom: nu, ...gaussian } = model;
  if (emission === 'gaussian') return gaussian;
  return nu
    ? model
    : { ...model, degreesOfFreedom: new Float64Array(model.nStates).fill(initialDegreesOfFreedom) };
};

/** A model that was given as a start. Throws `InvalidModel` when it has another shape than what is to be fitted. */
export const givenStart = (
  model: Hmm,
  wanted: { nStates: number; covarianceType: CovarianceType; nFeatures: number; emission: Emission },
): Hmm => {
  for (const name of ['nStates', 'nFeatures', 'covarianceType'] as const) {
    if (model[name] !== wanted[name])
      throw new HmmError('InvalidModel', `a start of ${name} ${model[name]} where ${wanted[name]} is fitted`);
  }
  return withEmission(model, wanted.emission);
};
