import { inverseNormalCdf } from './inverse-normal.ts';

/** A seeded stream of numbers; the same seed gives the same stream on every machine. */
export interface Random {
  /** Uniform in [0, 1), 53 bits. */
  uniform(): number;
  /** Uniform whole number in [0, below). */
  integer(below: number): number;
  /** Standard normal, by inversion: one uniform each, so streams stay aligned. */
  normal(): number;
  /** 32 random bits. */
  bits(): number;
  /** The four words of the generator, for storing it; `randomFromState` goes on from there. */
  state(): [number, number, number, number];
}

/**
 * xoshiro128** (Blackman & Vigna 2018), seeded by splitmix32 from any finite number (all 64 bits of it count).
 * `stream` gives independent streams of one seed, one for each restart or series.
 */
export const createRandom = (seed: number, stream = 0): Random => {
  const mix = splitmix32(hashNumber(seed) ^ Math.imul(hashNumber(stream), 0x9e3779b9));
  return randomFromState([mix(), mix(), mix(), mix() | 1]);
};

export const randomFromState = (start: readonly [number, number, number, number]): Random => {
  let [a, b, c, d] = start;
  const bits = (): number => {
    const result = Math.imul(rotate(Math.imul(b, 5), 7), 9) >>> 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = rotate(d, 11);
    return result;
  };
  const uniform = (): number => ((bits() >>> 5) * 67108864 + (bits() >>> 6)) / 9007199254740992;
  return {
    bits,
    uniform,
    integer: (below) => Math.floor(uniform() * below),
    normal: () => inverseNormalCdf(uniform() + 2 ** -54),
    state: () => [a | 0, b | 0, c | 0, d | 0],
  };
};

const rotate = (x: number, k: number): number => (x << k) | (x >>> (32 - k));

const splitmix32 = (seed: number) => {
  let state = seed | 0;
  return (): number => {
    state = (state + 0x9e3779b9) | 0;
    let z = state ^ (state >>> 16);
    z = Math.imul(z, 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return (z ^ (z >>> 15)) | 0;
  };
};

/** Both halves of the double's bits, so that 1, 1.5 and 2 ** 40 are three seeds. */
const hashNumber = (value: number): number => {
  if (!Number.isFinite(value)) throw new RangeError(`a seed must be a finite number, not ${value}`);
  const [low, high] = new Uint32Array(Float64Array.of(value).buffer);
  return Math.imul(low! ^ 0x85ebca6b, 0xc2b2ae35) ^ Math.imul(high! ^ (high! >>> 13), 0x27d4eb2f);
};
