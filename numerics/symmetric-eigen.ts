/** A = V diag(values) Vᵀ; column j of `vectors` (n×n, row-major) belongs to `values[j]`. */
export interface Eigen {
  readonly values: Float64Array;
  readonly vectors: Float64Array;
}

const mostSweeps = 30;

/**
 * Eigenvalues (in no order) and vectors of a symmetric n×n matrix by cyclic Jacobi rotations (Golub & Van Loan 2013,
 * §8.5.3): only + − × ÷ √, so the same bits everywhere; meant for small n. `a` is not changed.
 */
export const symmetricEigen = (a: Float64Array, n: number): Eigen => {
  const work = a.slice();
  const vectors = new Float64Array(n * n);
  for (let i = 0; i < n; i++) vectors[i * n + i] = 1;
  for (let sweep = 0; sweep < mostSweeps; sweep++) {
    let rotated = false;
    for (let p = 0; p < n; p++) {
      for (let q = p + 1; q < n; q++) rotated = rotate(work, vectors, n, p, q) || rotated;
    }
    if (!rotated) break;
  }
  return { values: Float64Array.from({ length: n }, (_, i) => work[i * n + i]!), vectors };
};

/** Makes a[p, q] zero; false when it is zero already, next to its diagonal. */
const rotate = (a: Float64Array, vectors: Float64Array, n: number, p: number, q: number): boolean => {
  const off = a[p * n + q]!;
  const [app, aqq] = [a[p * n + p]!, a[q * n + q]!];
  if (Math.abs(off) <= 1e-17 * Math.sqrt(Math.abs(app * aqq)) || Math.abs(off) < 1e-300) return false;
  const theta = (aqq - app) / (2 * off);
  const t = (theta >= 0 ? 1 : -1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
  const cosine = 1 / Math.sqrt(t * t + 1);
  const sine = t * cosine;
  for (let i = 0; i < n; i++) turn(a, i * n + p, i * n + q, cosine, sine);
  for (let i = 0; i < n; i++) turn(a, p * n + i, q * n + i, cosine, sine);
  for (let i = 0; i < n; i++) turn(vectors, i * n + p, i * n + q, cosine, sine);
  return true;
};

const turn = (a: Float64Array, x: number, y: number, cosine: number, sine: number): void => {
  const [ax, ay] = [a[x]!, a[y]!];
  a[x] = cosine * ax - sine * ay;
  a[y] = sine * ax + cosine * ay;
};
