/**
 * What one arm has learned: S = Σ w x xᵀ (row-major, D × D) and b = Σ w r x.
 * The prior λI is kept apart, so that forgetting never touches it.
 */
export interface ArmSums {
  readonly dimension: number;
  readonly gram: Float64Array;
  readonly moment: Float64Array;
}

export const emptySums = (dimension: number): ArmSums => ({
  dimension,
  gram: new Float64Array(dimension * dimension),
  moment: new Float64Array(dimension),
});

/** The same sums in more dimensions. Nothing was seen of the new ones, so their rows hold the prior only: zeros here. */
export const extendSums = (sums: ArmSums, dimension: number): ArmSums => {
  if (dimension === sums.dimension) return sums;
  if (dimension < sums.dimension)
    throw new RangeError(`cannot shrink ${sums.dimension} dimensions to ${dimension}`);
  const extended = emptySums(dimension);
  for (let row = 0; row < sums.dimension; row++) {
    const from = row * sums.dimension;
    extended.gram.set(sums.gram.subarray(from, from + sums.dimension), row * dimension);
  }
  extended.moment.set(sums.moment);
  return extended;
};

/** Weight left of an outcome after `age` later ones: 2^(−age / halfLife). An infinite half-life forgets nothing. */
export const remaining = (age: number, halfLife: number): number => (age === 0 ? 1 : 2 ** (-age / halfLife));

/** Fades the sums by `weight` (of what was learned before) and adds one outcome: x of length D, reward in deviations. */
export const learn = (sums: ArmSums, x: Float64Array, reward: number, weight: number): ArmSums => {
  const { dimension } = sums;
  if (x.length !== dimension) throw new RangeError(`x has ${x.length} entries, the arm ${dimension}`);
  const gram = new Float64Array(dimension * dimension);
  const moment = new Float64Array(dimension);
  for (let row = 0; row < dimension; row++) {
    const xRow = x[row] as number;
    moment[row] = weight * (sums.moment[row] as number) + reward * xRow;
    for (let column = 0; column < dimension; column++) {
      const at = row * dimension + column;
      gram[at] = weight * (sums.gram[at] as number) + xRow * (x[column] as number);
    }
  }
  return { dimension, gram, moment };
};
