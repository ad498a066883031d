import { exp, log } from './elementary.ts';
import type { Random } from './random.ts';

/**
 * A draw from the gamma law of the given shape (> 0) and scale 1, by squeeze-free rejection (Marsaglia & Tsang 2000, ACM
 * TOMS 26(3)); below shape 1 by their boost. It takes two numbers of the stream for each try.
 */
export const gamma = (shape: number, random: Random): number => {
  if (shape < 1) return gamma(shape + 1, random) * exp(log(1 - random.uniform()) / shape);
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = random.normal();
    const root = 1 + c * x;
    const v = root * root * root;
    const u = 1 - random.uniform();
    if (v > 0 && log(u) < 0.5 * x * x + d * (1 - v + log(v))) return d * v;
  }
};
