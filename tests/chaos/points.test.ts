import { expect, it } from 'vitest';
import { crashPoints } from '../../ledger/crash-points.ts';
import { setup } from '../../scripts/setup.mjs';
import { calm } from './calm.ts';
import { gatewayPoints, ingestStages } from './ingest-plan.ts';
import { loopOf } from './loop.ts';
import type { Playing, Stage } from './plan.ts';
import { registerPresets } from './presets.ts';
import { openSupervisor, type Supervisor } from './supervisor.ts';
import { archiveStages, swapStages } from './swap-plan.ts';
import { trainingStages } from './training-plan.ts';
import { sound, verdictOn } from './verdict.ts';
import { openWorld } from './world.ts';

const patienceMs = 1_200_000;
const died = new Set<string>();

type Scene = Playing & { readonly supervisor: Supervisor };

/** Plays it in a world of its own, lets the loop come to its end, and asks the checker. */
const playedOut = async (seed: number, play: (scene: Scene) => Promise<void>): Promise<void> => {
  const { temporalPath } = await setup({ build: true, ownServer: true });
  const world = await openWorld({ temporalPath, seed });
  try {
    const supervisor = await openSupervisor(world, ({ point }) => died.add(point));
    await registerPresets(world.url);
    const scene: Scene = { world, supervisor, loop: loopOf(world), damaged: [] };
    await play(scene);
    await supervisor.untilUp();
    await supervisor.unlessFailed(calm(scene.loop, world));
    supervisor.demandSound();
    expect(await verdictOn(world, scene.damaged), JSON.stringify(supervisor.kills)).toEqual(sound);
    await supervisor.close();
  } finally {
    await world.close();
  }
};

/** Runs the stage until a worker has died at each of its points; a run that fails under fire is followed by another. */
const goThrough = async ({ supervisor }: Scene, { member, points, work }: Stage): Promise<void> => {
  supervisor.aim(
    member,
    points.map((point) => ({ points: [point], nth: 1 })),
  );
  for (let tries = 0; supervisor.left(member).length > 0 && tries < 4; tries += 1) {
    await supervisor.unlessFailed(work());
    supervisor.demandSound();
  }
  expect(supervisor.left(member)).toEqual([]);
};

const dieAsGateway = async ({ supervisor, world }: Scene, point: string): Promise<void> => {
  await supervisor.untilUp();
  supervisor.aim('gateway', [{ points: [point], nth: 1 }]);
  const death = supervisor.nextKill(60_000);
  // Engines pass the other points by themselves.
  if (point.startsWith('register')) await registerPresets(world.url);
  await death;
};

it(
  'a SIGKILL at every point of an ingest, of a decision and of an outcome, or of Temporal, loses nothing',
  () =>
    playedOut(7, async (scene) => {
      for (const stage of ingestStages(scene)) await goThrough(scene, stage);
      for (const point of gatewayPoints) await dieAsGateway(scene, point);
      await scene.supervisor.untilUp();
      await scene.supervisor.killTemporal('temporal');
      await scene.supervisor.killTemporal('all');
    }),
  patienceMs,
);

it(
  'a SIGKILL at every point of a claim, a training, a commit and a give-back trains no candle twice',
  () =>
    playedOut(8, async (scene) => {
      for (const stage of trainingStages(scene)) await goThrough(scene, stage);
    }),
  patienceMs,
);

it(
  'a SIGKILL at every point of the archive keeps one copy of every candle',
  () =>
    playedOut(9, async (scene) => {
      for (const stage of archiveStages(scene)) await goThrough(scene, stage);
    }),
  patienceMs,
);

it(
  'a SIGKILL at every point of a swap and of the janitor tears nothing and leaves nothing behind',
  () =>
    playedOut(10, async (scene) => {
      for (const stage of swapStages(scene)) await goThrough(scene, stage);
    }),
  patienceMs,
);

it('somebody died at every point of the table', () => {
  const wanted = crashPoints.filter(({ by }) => by !== 'command').map(({ point }) => point);
  expect(wanted.filter((point) => !died.has(point))).toEqual([]);
});
