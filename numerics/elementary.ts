/**
 * exp, log and their kin from additions, multiplications and divisions only, so that the bits of a model do not depend
 * on the version of the engine (ECMAScript leaves the accuracy of Math.exp and Math.log open; Math.sqrt is exact).
 */

const ln2Hi = 6.931471803691238e-1;
const ln2Lo = 1.9082149292705877e-10;

/** 2^k for k in −1022…1023 at index k + 1022. */
const powersOfTwo = ((): Float64Array => {
  const powers = new Float64Array(2046).fill(1);
  for (let k = 1021; k >= 0; k--) powers[k] = powers[k + 1]! / 2;
  for (let k = 1023; k < powers.length; k++) powers[k] = powers[k - 1]! * 2;
  return powers;
})();

/** x², rounded once; the accuracy of x ** 2 is left open like that of Math.pow. */
export const square = (x: number): number => x * x;

/**
 * eˣ, at most 1 ulp off: x = k ln 2 + r with |r| ≤ ½ ln 2 in two parts (Cody & Waite 1980), then the Taylor polynomial
 * of degree 13, whose remainder is below 5e-18.
 */
export const exp = (x: number): number => {
  if (!(x > -745.2)) return Number.isNaN(x) ? x : 0;
  if (x > 709.8) return Number.POSITIVE_INFINITY;
  const k = Math.round(x * Math.LOG2E);
  const hi = x - k * ln2Hi;
  const lo = k * ln2Lo;
  const r = hi - lo;
  const tail = hi - r - lo;
  const value = 1 + (r + (tail + r * r * expTail(r)));
  if (k > -1022 && k < 1024) return value * powersOfTwo[k + 1022]!;
  return k > 0 ? value * 2 * powersOfTwo[k + 1021]! : value * powersOfTwo[k + 2022]! * 2 ** -1000;
};

/** (eʳ − 1 − r) / r² */
const expTail = (r: number): number =>
  1 / 2 +
  r *
    (1 / 6 +
      r *
        (1 / 24 +
          r *
            (1 / 120 +
              r *
                (1 / 720 +
                  r *
                    (1 / 5040 +
                      r *
                        (1 / 40320 +
                          r *
                            (1 / 362880 +
                              r *
                                (1 / 3628800 +
                                  r * (1 / 39916800 + r * (1 / 479001600 + r / 6227020800))))))))));

/** eˣ − 1, a few ulp off also for tiny x. */
export const expm1 = (x: number): number => (Math.abs(x) < 0.34 ? x + x * x * expTail(x) : exp(x) - 1);

const double = new Float64Array(1);
const words = new Uint32Array(double.buffer);
const highWord = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1 ? 1 : 0;

/**
 * ln x, at most 1 ulp off: x = 2ᵏ (1 + f) with √½ ≤ 1 + f < √2, s = f / (2 + f), ln(1 + f) = 2 artanh s summed in the
 * order of fdlibm (Sun 1993), with Taylor's coefficients. ln 0 = −Infinity; NaN below 0.
 */
export const log = (x: number): number => {
  if (!(x > 0)) return x === 0 ? Number.NEGATIVE_INFINITY : Number.NaN;
  if (x === Number.POSITIVE_INFINITY) return x;
  const isSubnormal = x < 2.2250738585072014e-308;
  double[0] = isSubnormal ? x * 2 ** 54 : x;
  const high = words[highWord]!;
  // Adding this to the mantissa carries into the exponent exactly when the mantissa is √2 or more.
  const shifted = high + (0x3ff00000 - 0x3fe6a09e);
  const k = (shifted >>> 20) - 0x3ff - (isSubnormal ? 54 : 0);
  words[highWord] = (shifted & 0x000fffff) + 0x3fe6a09e;
  const f = double[0] - 1;
  const half = 0.5 * f * f;
  const s = f / (2 + f);
  const correction = s * (half + artanhTail(s * s));
  return k * ln2Hi - (half - (correction + k * ln2Lo) - f);
};

/** 2 (artanh s − s) / s from z = s² ≤ 0.0295; what is left out is below 1e-18. */
const artanhTail = (z: number): number =>
  z *
  (2 / 3 +
    z *
      (2 / 5 +
        z *
          (2 / 7 +
            z *
              (2 / 9 +
                z *
                  (2 / 11 +
                    z *
                      (2 / 13 +
                        z * (2 / 15 + z * (2 / 17 + z * (2 / 19 + z * (2 / 21 + z * (2 / 23)))))))))));

/** ln(1 + x), a few ulp off also for tiny x (Kahan's quotient). */
export const log1p = (x: number): number => {
  const u = 1 + x;
  if (u === 1) return x;
  if (u === Number.POSITIVE_INFINITY) return u;
  return log(u) * (x / (u - 1));
};

/** xʸ for x ≥ 0; relative error about |y ln x| ulp. */
export const pow = (x: number, y: number): number => (y === 0 ? 1 : exp(y * log(x)));

/** ln Γ(x) for x > 0: Stirling's series (Abramowitz & Stegun 6.1.41) after shifting x above 12. */
export const logGamma = (x: number): number => {
  let shifted = x;
  let product = 1;
  for (; shifted < 12; shifted++) product *= shifted;
  const z = 1 / (shifted * shifted);
  const series =
    (1 / 12 -
      z * (1 / 360 - z * (1 / 1260 - z * (1 / 1680 - z * (1 / 1188 - z * (691 / 360360 - z * (1 / 156))))))) /
    shifted;
  return (shifted - 0.5) * log(shifted) - shifted + 0.9189385332046727 + series - log(product);
};

/** ψ(x) = d ln Γ / dx for x > 0, by the asymptotic series (Abramowitz & Stegun 6.3.18) after shifting x above 12. */
export const digamma = (x: number): number => {
  let shifted = x;
  let sum = 0;
  for (; shifted < 12; shifted++) sum -= 1 / shifted;
  const z = 1 / (shifted * shifted);
  const series =
    z *
    (1 / 12 -
      z * (1 / 120 - z * (1 / 252 - z * (1 / 240 - z * (1 / 132 - z * (691 / 32760 - z * (1 / 12)))))));
  return sum + log(shifted) - 0.5 / shifted - series;
};
