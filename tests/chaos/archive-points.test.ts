import { it } from 'vitest';
import { goThrough, patienceMs, playedOut } from './points.ts';
import { archiveStages } from './swap-plan.ts';

it(
  'a SIGKILL at every point of the archive keeps one copy of every candle',
  () =>
    playedOut({ seed: 9, engines: 1 }, async (scene) => {
      for (const stage of archiveStages(scene)) await goThrough(scene, stage);
    }),
  patienceMs,
);
