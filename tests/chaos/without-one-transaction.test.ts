import { expect, it } from 'vitest';
import { dyingAt, inWorld, isFull } from './ablation.ts';
import { calm } from './calm.ts';
import { loopOf } from './loop.ts';
import { sound, verdictOn } from './verdict.ts';
import type { World } from './world.ts';

/** An ingest dies between the watermark and the file's row, where there is a between. */
const ingestDied = async (world: World, point: string) => {
  const loop = loopOf(world);
  const first = await world.start('ingest', dyingAt(world, point));
  const ingesting = loop.ingest(0);
  await first.gone;
  const diedMs = Date.now();
  const others = [await world.start('ingest'), await world.start('train')];
  await ingesting;
  await calm(loop, world, diedMs);
  await Promise.all(others.map((one) => one.kill()));
  return await verdictOn(world);
};

it('with the watermark in a transaction of its own candles are lost, and the checker says so', async () => {
  if (isFull)
    expect(await inWorld(undefined, (world) => ingestDied(world, 'registerFile:uncommitted'))).toEqual(sound);
  expect((await inWorld('split', (world) => ingestDied(world, 'split'))).lost).toBeGreaterThan(0);
}, 900_000);
