/** The largest absolute difference; NaN or a missing value counts as infinite, so that it can never pass. */
export const largestError = (got: ArrayLike<number>, want: readonly number[]): number => {
  if (got.length !== want.length) return Number.POSITIVE_INFINITY;
  return want.reduce((worst, value, i) => {
    const error = Math.abs((got[i] as number) - value);
    return Number.isNaN(error) ? Number.POSITIVE_INFINITY : Math.max(worst, error);
  }, 0);
};
