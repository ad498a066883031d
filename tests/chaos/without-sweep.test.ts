import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { dyingAt, inWorld, isFull } from './ablation.ts';
import { calm } from './calm.ts';
import { loopOf } from './loop.ts';
import { sound, verdictOn } from './verdict.ts';
import type { World } from './world.ts';

/** A run dies with its claim and is ended by an operator; only the sweep can give its files back. */
const claimLeftBehind = async (world: World) => {
  const loop = loopOf(world);
  const ingest = await world.start('ingest');
  const first = await world.start('train', dyingAt(world, 'claim:committed'));
  await loop.ingest(0);
  const run = await loop.startRetrain();
  await first.gone;
  await run.terminate('the operator ends it');
  const endedMs = Date.now();
  const second = await world.start('train');
  await delay(world.leaseMs);
  await calm(loop, world, endedMs);
  await Promise.all([ingest.kill(), second.kill()]);
  return await verdictOn(world);
};

it('without the sweep files stay stuck, and the checker says so', async () => {
  if (isFull) expect(await inWorld(undefined, claimLeftBehind)).toEqual(sound);
  const { orphans, lost } = await inWorld('sweep', claimLeftBehind);
  expect(orphans).toBeGreaterThan(0);
  expect(lost).toBeGreaterThan(0);
}, 900_000);
