const inverseSqrtTwoPi = 1 / Math.sqrt(2 * Math.PI);

/** Density of the standard normal. */
export const normalDensity = (z: number): number => inverseSqrtTwoPi * Math.exp(-0.5 * z * z);

/** Hart's algorithm 5666: the tail P(Z > z) for 0 <= z < 37, exact to about 1e-15. */
const upperTail = (z: number): number => {
  const density = Math.exp(-0.5 * z * z);
  if (z >= 7.07106781186547) {
    return (density * inverseSqrtTwoPi) / (z + 1 / (z + 2 / (z + 3 / (z + 4 / (z + 0.65)))));
  }
  let top = 3.52624965998911e-2 * z + 0.700383064443688;
  top = top * z + 6.37396220353165;
  top = top * z + 33.912866078383;
  top = top * z + 112.079291497871;
  top = top * z + 221.213596169931;
  top = top * z + 220.206867912376;
  let bottom = 8.83883476483184e-2 * z + 1.75566716318264;
  bottom = bottom * z + 16.064177579207;
  bottom = bottom * z + 86.7807322029461;
  bottom = bottom * z + 296.564248779674;
  bottom = bottom * z + 637.333633378831;
  bottom = bottom * z + 793.826512519948;
  bottom = bottom * z + 440.413735824752;
  return (density * top) / bottom;
};

/** P(Z <= z) of the standard normal; small values keep their relative precision. */
export const normalCdf = (z: number): number => {
  if (z < -37) return 0;
  if (z > 37) return 1;
  return z < 0 ? upperTail(-z) : 1 - upperTail(z);
};
