import { it } from 'vitest';
import { goThrough, patienceMs, playedOut } from './points.ts';
import { swapStages } from './swap-plan.ts';

it(
  'a SIGKILL at every point of a swap and of the janitor tears nothing and leaves nothing behind',
  () =>
    playedOut({ seed: 10, engines: 1 }, async (scene) => {
      for (const stage of swapStages(scene)) await goThrough(scene, stage);
    }),
  patienceMs,
);
