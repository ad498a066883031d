import { readlinkSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { dyingAt, inWorld, isFull } from './ablation.ts';
import { calm } from './calm.ts';
import { loopOf } from './loop.ts';
import { sound, verdictOn } from './verdict.ts';
import type { World } from './world.ts';

const servedBy = ({ modelsDir }: World): string => readlinkSync(path.join(modelsDir, 'current'));

/** A worker stands still between a promotion and its link, another one promotes again, and the first wakes up. */
const promotionOvertaken = async (world: World) => {
  const loop = loopOf(world);
  const ingest = await world.start('ingest');
  const sleeper = await world.start('train', dyingAt(world, 'promote:committed', 'SIGSTOP'));
  await loop.ingest(0);
  const first = loop.retrain();
  await world.untilNoted('promote:committed');
  const second = await world.start('train');
  await first;
  await loop.ingest(60);
  await loop.retrain();
  await loop.promote();
  const overtaken = servedBy(world);
  sleeper.child.kill('SIGCONT');
  // With the fence it moves nothing. The witness notes every 200 ms what is served.
  for (const end = Date.now() + 5_000; servedBy(world) === overtaken && Date.now() < end; ) await delay(50);
  await delay(1_000);
  await sleeper.kill();
  await calm(loop, world, Date.now());
  await Promise.all([ingest.kill(), second.kill()]);
  return await verdictOn(world);
};

it('without the fence a promotion goes backwards, and the checker says so', async () => {
  if (isFull) expect(await inWorld(undefined, promotionOvertaken)).toEqual(sound);
  const { problems } = await inWorld('fence', promotionOvertaken);
  expect(problems.map(({ what }) => what)).toEqual([expect.stringContaining('served went back')]);
}, 900_000);
