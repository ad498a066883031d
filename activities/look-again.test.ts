import { join } from 'node:path';
import { MockActivityEnvironment } from '@temporalio/testing';
import { afterEach, expect, test } from 'vitest';
import { createCcxtExchange } from '../exchange/ccxt.ts';
import type { Candle } from '../exchange/exchange.ts';
import { createClock } from '../exchange/simulator/clock.ts';
import { type Simulator, startSimulator } from '../exchange/simulator/server.ts';
import { newestCandles } from '../ledger/candle-store.ts';
import { freshDir } from '../ledger/fresh.fixture.ts';
import { openLedger } from '../ledger/open.ts';
import { parseSeries, seriesKey } from '../series.ts';
import { anchorMs, market } from '../tests/support/candles.ts';
import { createIngestRole } from './index.ts';

const minuteMs = 60_000;
const btc = parseSeries('binance:BTC/USDT:1m');
const series = seriesKey(btc);
const startMs = anchorMs - 300 * minuteMs;
const timeOf = (at: number): number => startMs + at * minuteMs;

let simulator: Simulator | undefined;
afterEach(async () => {
  await simulator?.close();
});

/** 300 closed candles at the exchange, all of them stored unless `until` is earlier. */
const open = async ({ refetchCandles = 48, remove = [] as number[] } = {}) => {
  const clock = { now: 1_000_000 };
  const market1m = createClock({ startMs: anchorMs });
  const dataDir = freshDir();
  const started = await startSimulator({ source: market, clock: market1m });
  simulator = started;
  started.edits.apply({ symbol: 'BTCUSDT', timeframe: '1m', remove });
  const ledger = openLedger({
    ...{ path: join(dataDir, 'manifest.sqlite'), domain: 'production', clock: () => clock.now },
  });
  const role = createIngestRole({
    ...{ ledger, dataDir, landingDir: join(dataDir, 'incoming'), batchLimit: 1000, sleepMs: 0 },
    ...{ refetchCandles, archiveMs: 365 * 86_400_000, secondLookMs: 0 },
    exchange: await createCcxtExchange({ id: 'binance', baseUrl: started.url }),
    startMs: async () => startMs,
  });
  const run = <T>(work: () => Promise<T>): Promise<T> =>
    new MockActivityEnvironment().run(work) as Promise<T>;
  const edit = (change: { rewrite?: Candle[]; remove?: number[]; restore?: number[] }) =>
    started.edits.apply({ symbol: 'BTCUSDT', timeframe: '1m', ...change });
  await run(() => role.ingestPage({ series }));
  return {
    ...{ ledger, dataDir, clock, started, market1m, edit },
    page: () => run(() => role.ingestPage({ series })),
    lookAgain: () => run(() => role.lookAgain({ series })),
    audit: (day: string) => run(() => role.auditRange({ series, day, sample: 1 })),
    stored: () => newestCandles({ ledger, dataDir, series: btc, count: 1000 }),
    requests: () => started.requests['/api/v3/klines'] ?? 0,
  };
};

const candleAt = (at: number): Candle =>
  market.candles({
    ...{ symbol: 'BTCUSDT', timeframe: '1m', keep: 'first', limit: 1 },
    ...{ fromMs: timeOf(at), toMs: timeOf(at) },
  })[0]!;

const rewritten = (at: number): Candle => {
  const [time, open, high, low, close] = candleAt(at);
  return [time, open, high, low, close, '1234.5'];
};

const volumeAt = ({ openTimeMs, volume }: { openTimeMs: Float64Array; volume: Float64Array }, at: number) =>
  volume[openTimeMs.indexOf(timeOf(at))];

const quiet = { rewritten: 0, appeared: 0, removed: 0, suspected: 0 };

test('nothing changed: one request, nothing stored', async () => {
  const there = await open();
  const before = there.requests();
  expect(await there.lookAgain()).toEqual({ ...quiet, compared: 49 });
  expect(there.requests()).toBe(before + 1);
  expect(there.ledger.files({ limit: 9 })).toHaveLength(1);
});

test('a rewritten candle is stored as a correction, once, and taken back as another one', async () => {
  const there = await open();
  const watermark = there.ledger.watermark(btc);
  there.edit({ rewrite: [rewritten(290)] });
  expect(await there.lookAgain()).toMatchObject({ ...quiet, rewritten: 1 });
  expect(await there.lookAgain()).toMatchObject(quiet);
  expect(volumeAt(there.stored(), 290)).toBe(1234.5);
  const old = candleAt(290).slice(1).map(Number).join(',');
  expect(there.ledger.corrections({ limit: 9 })).toMatchObject([
    { openTimeMs: timeOf(290), change: 'rewritten', before: old },
  ]);
  there.edit({ restore: [timeOf(290)] });
  expect(await there.lookAgain()).toMatchObject({ ...quiet, rewritten: 1 });
  expect(volumeAt(there.stored(), 290)).toBe(Number(candleAt(290)[5]));
  there.edit({ rewrite: [rewritten(290)] });
  expect(await there.lookAgain(), 'the same bytes as the first correction').toMatchObject({ rewritten: 1 });
  expect(volumeAt(there.stored(), 290)).toBe(1234.5);
  expect(there.ledger.watermark(btc)).toBe(watermark);
  expect(there.ledger.bars(btc)).toBe(300);
});

test('a removed candle is removed at the second look that leaves it out, and counted no more; it may come back', async () => {
  const there = await open();
  there.edit({ remove: [timeOf(280)] });
  expect(await there.lookAgain()).toMatchObject({ ...quiet, suspected: 1 });
  expect(there.ledger.bars(btc)).toBe(300);
  expect(await there.lookAgain()).toMatchObject({ ...quiet, removed: 1 });
  expect(await there.lookAgain()).toMatchObject({ ...quiet, compared: 48 });
  expect(there.ledger.bars(btc)).toBe(299);
  expect(volumeAt(there.stored(), 280)).toBeUndefined();
  there.edit({ restore: [timeOf(280)] });
  expect(await there.lookAgain()).toMatchObject({ ...quiet, appeared: 1 });
  expect(there.ledger.bars(btc)).toBe(300);
  expect(there.ledger.gaps(btc)).toEqual([]);
});

test('a candle that only one answer leaves out was never removed', async () => {
  const there = await open();
  there.edit({ remove: [timeOf(280)] });
  await there.lookAgain();
  there.edit({ restore: [timeOf(280)] });
  expect(await there.lookAgain()).toMatchObject(quiet);
  there.edit({ remove: [timeOf(280)] });
  expect(await there.lookAgain(), 'the first look of a new suspicion').toMatchObject({
    suspected: 1,
    removed: 0,
  });
});

const klines = (body: unknown) => ({
  ...{ kind: 'answer' as const, path: '/klines', times: 3 },
  answer: { status: 200, headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) },
});

test('an empty answer, a cut one and an outage remove nothing, however often they come', async () => {
  const there = await open();
  there.started.faults.add(klines([]));
  for (let i = 0; i < 3; i++)
    expect(await there.lookAgain()).toMatchObject({ ...quiet, unanswered: expect.stringMatching(/without/) });
  const short = [252, 253].map((at) => [...candleAt(at), timeOf(at + 1) - 1, '0', 1, '0', '0', '0']);
  there.started.faults.add(klines(short));
  for (let i = 0; i < 3; i++) expect(await there.lookAgain()).toMatchObject(quiet);
  there.started.faults.add({ kind: 'error-json', path: '/klines', times: 3 });
  for (let i = 0; i < 3; i++) expect(await there.lookAgain()).toMatchObject({ ...quiet, compared: 0 });
  expect(there.ledger.files({ limit: 9 })).toHaveLength(1);
  expect(there.ledger.suspicions(btc)).toEqual([]);
});

test('REFETCH_CANDLES=0 asks for nothing', async () => {
  const there = await open({ refetchCandles: 0 });
  const before = there.requests();
  there.edit({ rewrite: [rewritten(290)] });
  expect(await there.lookAgain()).toEqual({ ...quiet, compared: 0 });
  expect(there.requests()).toBe(before);
});

test('an audited range is noted, so that a series that is audited no more is missed', async () => {
  const { audit, ledger } = await open();
  const { compared } = await audit('2024-01-15');
  expect(compared).toBeGreaterThan(100);
  expect(ledger.reading(`audit:${series}`)).toMatchObject({ value: compared });
});
