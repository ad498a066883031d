/** A stream of doubles in [0, 1): the same seed gives the same stream for ever (sfc32). */
export const randomStream = (seed: string): (() => number) => {
  let [a, b, c, d] = seedWords(seed);
  const next = (): number => {
    const t = (((a + b) | 0) + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + t;
    c |= 0;
    return (t >>> 0) / 4294967296;
  };
  for (let i = 0; i < 20; i++) next();
  return next;
};

/** Four words that differ wherever the text differs (xmur3). */
const seedWords = (text: string): [number, number, number, number] => {
  let hash = 1779033703 ^ text.length;
  for (const character of text) {
    hash = Math.imul(hash ^ (character.codePointAt(0) as number), 3432918353);
    hash = (hash << 13) | (hash >>> 19);
  }
  const word = () => {
    hash = Math.imul(hash ^ (hash >>> 16), 2246822507);
    hash = Math.imul(hash ^ (hash >>> 13), 3266489909);
    hash ^= hash >>> 16;
    return hash | 0;
  };
  return [word(), word(), word(), word()];
};

/** A standard normal number (Box–Muller, one of the pair). */
export const normal = (random: () => number): number =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

/** What a standard normal is multiplied with to become Student-t with 4 degrees of freedom and variance 1. */
export const studentScale = (random: () => number): number => {
  const chiSquared4 = -2 * Math.log((1 - random()) * (1 - random()));
  return Math.sqrt(2 / chiSquared4);
};
