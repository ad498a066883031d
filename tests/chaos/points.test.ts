import { expect, it } from 'vitest';
import { setup } from '../../scripts/setup.mjs';
import { calm } from './calm.ts';
import { loopOf } from './loop.ts';
import type { Playing, Stage } from './plan.ts';
import { registerPresets } from './presets.ts';
import { openSupervisor, type Supervisor } from './supervisor.ts';
import { trainingStages } from './training-plan.ts';
import { sound, verdictOn } from './verdict.ts';
import { openWorld } from './world.ts';

const patienceMs = 1_200_000;

type Scene = Playing & { readonly supervisor: Supervisor };

/** Plays it in a world of its own, lets the loop come to its end, and asks the checker. */
const playedOut = async (seed: number, play: (scene: Scene) => Promise<void>): Promise<void> => {
  const { temporalPath } = await setup({ build: true, ownServer: true });
  const world = await openWorld({ temporalPath, seed });
  try {
    const supervisor = await openSupervisor(world);
    await registerPresets(world.url);
    const scene: Scene = { world, supervisor, loop: loopOf(world), damaged: [] };
    await play(scene);
    await supervisor.untilUp();
    await supervisor.unlessFailed(calm(scene.loop, world));
    supervisor.demandSound();
    expect(await verdictOn(world, scene.damaged)).toEqual(sound);
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
};

it(
  'a SIGKILL at every point of a claim, a training, a commit and a give-back trains no candle twice',
  () =>
    playedOut(8, async (scene) => {
      for (const stage of trainingStages(scene)) await goThrough(scene, stage);
    }),
  patienceMs,
);
