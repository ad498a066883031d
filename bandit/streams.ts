import { createRandom } from '../numerics/random.ts';

/** One step of a stream: context with x0 = 1, true mean and reward of each arm. */
export interface Step {
  readonly x: Float64Array;
  readonly means: readonly number[];
  readonly rewards: readonly number[];
}

const arms = 5;
const dimension = 8;
const weightDeviation = 0.18;

/**
 * A stream of 5 arms over 7 standard normal features (clipped to ±3) with unit noise. `stationary`: fixed weights.
 * `drift`: weights turn between two sets with a period of 10,000 steps, and both sets are replaced half way.
 */
export const simulatedStream = (kind: 'stationary' | 'drift', steps: number, seed: number): Step[] => {
  const random = createRandom(seed);
  const weights = () =>
    Array.from({ length: arms }, () =>
      Array.from({ length: dimension }, () => weightDeviation * random.normal()),
    );
  const halves = [0, 1].map(() => ({ cosine: weights(), sine: weights() }));
  const feature = () => Math.max(-3, Math.min(3, random.normal()));
  return Array.from({ length: steps }, (_, t) => {
    const x = Float64Array.from({ length: dimension }, (_, i) => (i === 0 ? 1 : feature()));
    const { cosine, sine } = halves[kind === 'drift' && t >= steps / 2 ? 1 : 0]!;
    const angle = kind === 'drift' ? (2 * Math.PI * t) / 10_000 : 0;
    const means = cosine.map((row, arm) =>
      row.reduce(
        (sum, weight, i) => sum + x[i]! * (Math.cos(angle) * weight + Math.sin(angle) * sine[arm]![i]!),
        0,
      ),
    );
    return { x, means, rewards: means.map((mean) => mean + random.normal()) };
  });
};
