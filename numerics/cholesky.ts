/**
 * Lower Cholesky factor L (A = L Lᵀ) of the symmetric n×n matrix at `a[at…]`, row-major, written to `out` (n·n).
 * False when a pivot is not clearly positive (relative 1e-15), so that rounding noise is never taken for a variance.
 */
export const cholesky = (a: Float64Array, n: number, out: Float64Array, at = 0, outAt = 0): boolean => {
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = a[at + i * n + j]!;
      for (let k = 0; k < j; k++) sum -= out[outAt + i * n + k]! * out[outAt + j * n + k]!;
      if (i !== j) out[outAt + i * n + j] = sum / out[outAt + j * n + j]!;
      else if (sum > 1e-15 * a[at + i * n + i]! && sum > 0) out[outAt + i * n + i] = Math.sqrt(sum);
      else return false;
    }
    for (let j = i + 1; j < n; j++) out[outAt + i * n + j] = 0;
  }
  return true;
};

/**
 * Makes the matrix at `a[at…]` positive definite in place: symmetric part, then the smallest ridge (1e-13 of the
 * largest diagonal, times ten until it works) that lets it be factored. Returns how many ridges were tried: 0 means
 * that the matrix was good as it was. Throws on a matrix that holds NaN or infinities.
 */
export const repairPositiveDefinite = (a: Float64Array, n: number, at = 0): number => {
  const factor = new Float64Array(n * n);
  symmetrize(a, n, at);
  let tries = 0;
  let ridge = 1e-13 * largestDiagonal(a, n, at);
  while (!cholesky(a, n, factor, at)) {
    for (let i = 0; i < n; i++) a[at + i * n + i] = a[at + i * n + i]! + ridge;
    ridge *= 10;
    if (++tries > 40) throw new RangeError('the covariance matrix cannot be repaired: it is not finite');
  }
  return tries;
};

/** Replaces the n×n matrix at `a[at…]` by its symmetric part. */
export const symmetrize = (a: Float64Array, n: number, at: number): void => {
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) {
      const middle = 0.5 * (a[at + i * n + j]! + a[at + j * n + i]!);
      a[at + i * n + j] = middle;
      a[at + j * n + i] = middle;
    }
  }
};

const largestDiagonal = (a: Float64Array, n: number, at: number): number => {
  let largest = 1e-200;
  for (let i = 0; i < n; i++) largest = Math.max(largest, Math.abs(a[at + i * n + i]!));
  return largest;
};
