import { randomFromState } from '../numerics/random.ts';

/** Four 32-bit words from a text (cyrb128): enough to seed a small generator, not meant against an adversary. */
const hashWords = (text: string): [number, number, number, number] => {
  let [a, b, c, d] = [1779033703, 3144134277, 1013904242, 2773480762];
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    a = b ^ Math.imul(a ^ code, 597399067);
    b = c ^ Math.imul(b ^ code, 2869860233);
    c = d ^ Math.imul(c ^ code, 951274213);
    d = a ^ Math.imul(d ^ code, 2716044179);
  }
  a = Math.imul(c ^ (a >>> 18), 597399067);
  b = Math.imul(d ^ (b >>> 22), 2869860233);
  c = Math.imul(a ^ (c >>> 17), 951274213);
  d = Math.imul(b ^ (d >>> 19), 2716044179);
  return [a ^ b ^ c ^ d, b ^ a, c ^ a, d ^ a];
};

/** A number in [0, 1) with 53 random bits that (seed, decisionId) alone decide, so any draw can be repeated. */
export const seededUniform = (seed: number, decisionId: string): number => {
  const random = randomFromState(hashWords(`${seed}:${decisionId}`));
  for (let warmUp = 0; warmUp < 12; warmUp++) random.bits();
  return random.uniform();
};
