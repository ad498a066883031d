import { it } from 'vitest';
import { goThrough, patienceMs, playedOut } from './points.ts';
import { trainingStages } from './training-plan.ts';

it(
  'a SIGKILL at every point of a claim, a training, a commit and a give-back trains no candle twice',
  () =>
    playedOut({ seed: 8, engines: 1 }, async (scene) => {
      for (const stage of trainingStages(scene)) await goThrough(scene, stage);
    }),
  patienceMs,
);
