import { expect, it } from 'vitest';
import { dyingAt, inWorld, isFull } from './ablation.ts';
import { calm } from './calm.ts';
import { loopOf } from './loop.ts';
import { firstMs, stepMs } from './market.ts';
import { sound, verdictOn } from './verdict.ts';
import { pageLimit, type World } from './world.ts';

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
  const { problems } = await inWorld('split', (world) => ingestDied(world, 'split'));
  const [series = ''] = problems[0]?.what.split(' at ') ?? [];
  expect(series).toMatch(/^binance:(BTC|ETH)\/USDT:1h$/);
  // The month that they are of is pruned by then, so that no copy of them is asked for; nobody was trained on them.
  const firstPage = Array.from({ length: pageLimit }, (_, at) => firstMs + at * stepMs);
  expect(problems).toEqual(
    firstPage.map((time) => ({ kind: 'lost', what: `${series} at ${time}: no disposition in ${series}#1` })),
  );
}, 900_000);
