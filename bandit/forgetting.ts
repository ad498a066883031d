import type { ArmEstimate } from './arm-model.ts';

/** A speed of forgetting, with the v that LinTS samples with at that speed. */
export interface Rate {
  /** Learned outcomes after which one counts half; Infinity forgets nothing. */
  readonly halfLife: number;
  readonly v: number;
}

/**
 * The speeds that adaptive forgetting chooses between: a world that stands still, and one that turns within weeks.
 * Chosen on the development streams and twelve of our own like them: docs/explanation/choosing-a-bandit.md.
 */
export const adaptiveRates: readonly Rate[] = [
  { halfLife: Number.POSITIVE_INFINITY, v: 0.4 },
  { halfLife: 300, v: 0.2 },
];

/** What each speed has earned by its forecasts halves with this many learned outcomes, so that a turn is noticed. */
const evidenceHalfLife = 346;

/** Log density of a reward under one-step-ahead forecast N(mean, 1 + deviation²): rewards have unit noise. */
const logScore = ({ mean, deviation }: ArmEstimate, reward: number): number => {
  const variance = 1 + deviation * deviation;
  return -0.5 * (Math.log(variance) + (reward - mean) ** 2 / variance);
};

/** The discounted log score of each speed after one more outcome; `forecasts` are of the served arm, before it learned. */
export const updatedEvidence = (
  evidence: readonly number[],
  forecasts: readonly ArmEstimate[],
  reward: number,
): number[] => {
  const fade = 2 ** (-1 / evidenceHalfLife);
  return forecasts.map((forecast, rate) => fade * (evidence[rate] ?? 0) + logScore(forecast, reward));
};

/** The speed that forecast best of late; the first of equals. */
export const bestRate = (evidence: readonly number[]): number =>
  evidence.reduce((best, score, rate) => (score > (evidence[best] as number) ? rate : best), 0);
