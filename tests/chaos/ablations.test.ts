import { readlinkSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { setup } from '../../scripts/setup.mjs';
import { calm } from './calm.ts';
import { loopOf } from './loop.ts';
import type { Order } from './processes.ts';
import { sound, verdictOn } from './verdict.ts';
import { openWorld, type World } from './world.ts';

/** The same without the ablation takes as long again: only the long tier shows that nothing else is to blame. */
const isFull = process.env['AUTOTRAIN_TESTS'] === 'full';

const inWorld = async <T>(ablation: string | undefined, work: (world: World) => Promise<T>): Promise<T> => {
  const { temporalPath } = await setup({ build: true, ownServer: true });
  const world = await openWorld({ temporalPath, seed: 3, engines: 0, ...(ablation && { ablation }) });
  try {
    return await work(world);
  } finally {
    await world.close();
  }
};

const at = (world: World, point: string, signal: Order['signal'] = 'SIGKILL'): Order => ({
  ...{ points: [point], nth: 1, signal },
  note: world.noteOf(point),
});

/** A run dies with its claim and is ended by an operator; only the sweep can give its files back. */
const claimLeftBehind = async (world: World) => {
  const loop = loopOf(world);
  const ingest = await world.start('ingest');
  const first = await world.start('train', at(world, 'claim:committed'));
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

/** An ingest dies between the watermark and the file's row, where there is a between. */
const ingestDied = async (world: World, point: string) => {
  const loop = loopOf(world);
  const first = await world.start('ingest', at(world, point));
  const ingesting = loop.ingest(0);
  await first.gone;
  const diedMs = Date.now();
  const others = [await world.start('ingest'), await world.start('train')];
  await ingesting;
  await calm(loop, world, diedMs);
  await Promise.all(others.map((one) => one.kill()));
  return await verdictOn(world);
};

const servedBy = ({ modelsDir }: World): string => readlinkSync(path.join(modelsDir, 'current'));

/** A worker stands still between a promotion and its link, another one promotes again, and the first wakes up. */
const promotionOvertaken = async (world: World) => {
  const loop = loopOf(world);
  const ingest = await world.start('ingest');
  const sleeper = await world.start('train', at(world, 'promote:committed', 'SIGSTOP'));
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

it('without the sweep files stay stuck, and the checker says so', async () => {
  if (isFull) expect(await inWorld(undefined, claimLeftBehind)).toEqual(sound);
  const { orphans, lost } = await inWorld('sweep', claimLeftBehind);
  expect(orphans).toBeGreaterThan(0);
  expect(lost).toBeGreaterThan(0);
}, 900_000);

it('with the watermark in a transaction of its own candles are lost, and the checker says so', async () => {
  if (isFull)
    expect(await inWorld(undefined, (world) => ingestDied(world, 'registerFile:uncommitted'))).toEqual(sound);
  expect((await inWorld('split', (world) => ingestDied(world, 'split'))).lost).toBeGreaterThan(0);
}, 900_000);

it('without the fence a promotion goes backwards, and the checker says so', async () => {
  if (isFull) expect(await inWorld(undefined, promotionOvertaken)).toEqual(sound);
  const { problems } = await inWorld('fence', promotionOvertaken);
  expect(problems.map(({ what }) => what)).toEqual([expect.stringContaining('served went back')]);
}, 900_000);
