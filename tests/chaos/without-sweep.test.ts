import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { dyingAt, inWorld, isFull } from './ablation.ts';
import { calm } from './calm.ts';
import { loopOf } from './loop.ts';
import { before, firstMs, stepMs, timeframe } from './market.ts';
import { sound, verdictOn } from './verdict.ts';
import type { World } from './world.ts';

/** Fewer than a page: one file of each series. */
const claimed = 10;

/** A run dies with its claim and is ended by an operator; only the sweep can give its files back. Training goes on. */
const claimLeftBehind = async (world: World) => {
  const loop = loopOf(world);
  const ingest = await world.start('ingest');
  const first = await world.start('train', { ...dyingAt(world, 'claim:committed'), nth: 2 });
  await loop.ingest(0);
  await loop.retrain();
  await loop.ingest(claimed);
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
  const { problems } = await inWorld('sweep', claimLeftBehind);
  const found = problems.map(({ what }) => what);
  const untrained = ['BTC', 'ETH'].flatMap((base) =>
    Array.from({ length: claimed }, (_, at) => {
      const series = `binance:${base}/USDT:${timeframe}`;
      return `${series} at ${firstMs + (before + at) * stepMs}: no disposition in ${series}#1`;
    }),
  );
  expect(found.slice(0, -2)).toEqual([
    ...untrained,
    expect.stringMatching(/^claim \d+ is open, and nothing runs$/),
  ]);
  expect(found.slice(-2).sort()).toEqual(
    ['BTC', 'ETH'].map((base) => expect.stringMatching(`${base}-USDT/.* is processing under fence`)),
  );
}, 900_000);
