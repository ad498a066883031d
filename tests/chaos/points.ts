import { expect } from 'vitest';
import { setup } from '../../scripts/setup.mjs';
import { calm } from './calm.ts';
import { loopOf } from './loop.ts';
import type { Playing, Stage } from './plan.ts';
import { registerPresets } from './presets.ts';
import { openSupervisor, type Supervisor } from './supervisor.ts';
import { replayError, sound, verdictOn } from './verdict.ts';
import { openWorld } from './world.ts';

export const patienceMs = 1_200_000;

export type Scene = Playing & { readonly supervisor: Supervisor };

/** Plays it in a world of its own, lets the loop come to its end, and asks the checker. */
export const playedOut = async (
  { seed, engines }: { readonly seed: number; readonly engines: number },
  play: (scene: Scene) => Promise<void>,
): Promise<void> => {
  const { temporalPath } = await setup({ build: true, ownServer: true });
  const world = await openWorld({ temporalPath, seed, engines });
  try {
    const supervisor = await openSupervisor(world);
    await registerPresets(world.url);
    const scene: Scene = { world, supervisor, loop: loopOf(world), damaged: [] };
    await play(scene);
    await supervisor.untilUp();
    await supervisor.unlessFailed(calm(scene.loop, world, supervisor.lastDeathMs()));
    supervisor.demandSound();
    expect(await verdictOn(world, scene.damaged), JSON.stringify(supervisor.kills)).toEqual(sound);
    await supervisor.close();
    expect(replayError(world)).toBeLessThan(1e-9);
  } finally {
    await world.close();
  }
};

/** Runs the stage until a worker has died at each of its points; a run that fails under fire is followed by another. */
export const goThrough = async ({ supervisor }: Scene, { member, points, work }: Stage): Promise<void> => {
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

export const dieAsGateway = async ({ supervisor, world }: Scene, point: string): Promise<void> => {
  await supervisor.untilUp();
  supervisor.aim('gateway', [{ points: [point], nth: 1 }]);
  let lives = true;
  const death = supervisor.nextKill(60_000).finally(() => {
    lives = false;
  });
  // Engines pass the other points by themselves. An order takes another way than a request, which may overtake it.
  while (lives && point.startsWith('register')) await registerPresets(world.url);
  await death;
  expect(supervisor.kills.at(-1)).toMatchObject({ victim: 'gateway', point });
};
