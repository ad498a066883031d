import { it } from 'vitest';
import { gatewayPoints, ingestStages } from './ingest-plan.ts';
import { dieAsGateway, goThrough, patienceMs, playedOut } from './points.ts';

it(
  'a SIGKILL at every point of an ingest, of a decision and of an outcome, or of Temporal, loses nothing',
  () =>
    playedOut({ seed: 7, engines: 3 }, async (scene) => {
      for (const stage of ingestStages(scene)) await goThrough(scene, stage);
      for (const point of gatewayPoints) await dieAsGateway(scene, point);
      await scene.supervisor.untilUp();
      await scene.supervisor.killTemporal('temporal');
      await scene.supervisor.killTemporal('all');
    }),
  patienceMs,
);
