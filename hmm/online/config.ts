import { HmmError } from '../hmm-error.ts';
import { defaultStrength, type PriorStrength } from '../prior.ts';

/** How a model goes on learning; fixed at genesis, because another one would make another state of the same bars. */
export interface OnlineConfig {
  /** Bars of a block, counted by bar index from `firstBar`; the parameters move once a block. */
  readonly blockLength: number;
  /** Bars that the statistics weigh in the long run, n_eff in λ = 1 − 1/n_eff; null: nothing is ever forgotten (1/t). */
  readonly effectiveBars: number | null;
  /** Up to so many missing bars in a row are bridged by A^(missing + 1); more of them start a new sequence. */
  readonly longestGap: number;
  readonly strength: PriorStrength;
}

export const defaultOnline: OnlineConfig = {
  blockLength: 12,
  effectiveBars: 300,
  longestGap: 3,
  strength: defaultStrength,
};

/** Throws `InvalidData`, naming what is wrong. */
export const checkConfig = ({ blockLength, effectiveBars, longestGap, strength }: OnlineConfig): void => {
  if (!Number.isSafeInteger(blockLength) || blockLength < 1) refuse('blockLength', blockLength);
  if (effectiveBars !== null && !(effectiveBars > 1 && Number.isFinite(effectiveBars)))
    refuse('effectiveBars', effectiveBars);
  if (!Number.isSafeInteger(longestGap) || longestGap < 0) refuse('longestGap', longestGap);
  for (const [name, value] of Object.entries(strength as PriorStrength & Record<string, unknown>)) {
    if (value !== undefined && !(typeof value === 'number' && value >= 0 && Number.isFinite(value)))
      refuse(`strength.${name}`, value);
  }
};

const refuse = (name: string, value: unknown): never => {
  throw new HmmError('InvalidData', `${name} of online learning cannot be ${String(value)}`);
};

/** 16 hex digits of the configuration: FNV-1a (64 bit) of its values in a fixed order. */
export const configHash = ({ blockLength, effectiveBars, longestGap, strength }: OnlineConfig): string => {
  const { transition, stickiness, start, mean, covariance } = strength;
  const text = JSON.stringify([
    'autotrain-online/1',
    blockLength,
    effectiveBars,
    longestGap,
    [transition, stickiness, start, mean, covariance ?? null],
  ]);
  let hash = 0xcbf29ce484222325n;
  for (let i = 0; i < text.length; i++) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(text.charCodeAt(i))) * 0x100000001b3n);
  }
  return hash.toString(16).padStart(16, '0');
};
