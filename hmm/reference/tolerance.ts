/** The parity that must hold with hmmlearn 0.3.3; relative to the largest number of an array, posteriors absolute. */
export const tolerance = {
  logLikelihood: 1e-12,
  logEmission: 1e-13,
  posterior: 1e-11,
  criterion: 1e-12,
  after1: 1e-10,
  after10: 1e-9,
} as const;
