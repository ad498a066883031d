import { log1p, logGamma } from '../numerics/elementary.ts';

/** P(X ≤ x) of the standard normal law, absolute error below 1e-7 (Abramowitz & Stegun 26.2.17). */
export const normalCdf = (x: number): number => {
  const t = 1 / (1 + 0.2316419 * Math.abs(x));
  const terms =
    t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  const upper = (Math.exp(-0.5 * x * x) / Math.sqrt(2 * Math.PI)) * terms;
  return x > 0 ? 1 - upper : upper;
};

/** P(X ≤ x) of Student's t with ν degrees of freedom: ½ I(ν / (ν + x²); ν/2, ½) is each tail beyond |x|. */
export const studentCdf = (x: number, nu: number): number => {
  const tail = 0.5 * incompleteBeta(nu / (nu + x * x), nu / 2, 0.5);
  return x > 0 ? 1 - tail : tail;
};

/** The regularised incomplete beta function by its continued fraction (DLMF 8.17.22), about 1e-14. */
const incompleteBeta = (x: number, a: number, b: number): number => {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * log1p(-x));
  return x < (a + 1) / (a + b + 2)
    ? (front * betaFraction(x, a, b)) / a
    : 1 - (front * betaFraction(1 - x, b, a)) / b;
};

/** Lentz's method. */
const betaFraction = (x: number, a: number, b: number): number => {
  const away = (value: number): number => (Math.abs(value) < 1e-300 ? 1e-300 : value);
  let c = 1;
  let d = 1 / away(1 - ((a + b) * x) / (a + 1));
  let fraction = d;
  for (let m = 1; m < 300; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    const before = fraction;
    for (const term of [even, odd]) {
      d = 1 / away(1 + term * d);
      c = away(1 + term / c);
      fraction *= c * d;
    }
    if (Math.abs(fraction - before) < 1e-15 * Math.abs(fraction)) break;
  }
  return fraction;
};
