import { estimateAt, modelOf } from '../arm-model.ts';
import { emptySums, learn } from '../arm-sums.ts';
import type { BanditLog } from './estimators.ts';

/** Of two halves by parity, each is forecast by the ridge model that the other one fitted, arm by arm: [n · K]. */
export const crossFitted = (
  { arms, served, rewards }: BanditLog,
  contexts: readonly Float64Array[],
  lambda = 1,
): Float64Array => {
  const dimension = contexts[0]?.length ?? 1;
  const halves = [0, 1].map((parity) => {
    const sums = Array.from({ length: arms }, () => emptySums(dimension));
    contexts.forEach((x, i) => {
      const arm = served[i] as number;
      if (i % 2 === parity) sums[arm] = learn(sums[arm]!, x, rewards[i] as number, 1);
    });
    return sums.map((arm) => modelOf(arm, { lambda, remaining: 1 }));
  });
  const forecasts = new Float64Array(contexts.length * arms);
  contexts.forEach((x, i) => {
    const others = halves[1 - (i % 2)]!;
    others.forEach((model, arm) => {
      forecasts[i * arms + arm] = estimateAt(model, x).mean;
    });
  });
  return forecasts;
};
