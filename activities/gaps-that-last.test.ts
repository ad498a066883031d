import { cpSync } from 'node:fs';
import path from 'node:path';
import { MockActivityEnvironment } from '@temporalio/testing';
import { afterEach, expect, test } from 'vitest';
import { createCcxtExchange } from '../exchange/ccxt.ts';
import type { Candle } from '../exchange/exchange.ts';
import { replaySource } from '../exchange/simulator/replay.ts';
import { type Simulator, startSimulator } from '../exchange/simulator/server.ts';
import { freshDir } from '../ledger/fresh.fixture.ts';
import { landCandles } from '../ledger/landing.ts';
import { openLedger } from '../ledger/open.ts';
import { parseSeries, seriesKey, type Timeframe, timeframesMs } from '../series.ts';
import { createIngestRole } from './index.ts';

const dirty = path.resolve(import.meta.dirname, '../../shared/data/dirty');
const dayMs = 86_400_000;

let simulator: Simulator | undefined;
afterEach(async () => {
  await simulator?.close();
});

/** The whole of a recorded history, ingested page by page. */
const ingested = async (file: string, timeframe: Timeframe, refetchCandles = 48) => {
  const folder = freshDir();
  const end = file.endsWith('.gz') ? '.csv.gz' : '.csv';
  cpSync(path.join(dirty, file), path.join(folder, `binance_BTCUSDT_${timeframe}${end}`));
  const source = replaySource({ folder, timeframe });
  const started = await startSimulator({ source });
  simulator = started;
  const clock = { now: 1_000_000 };
  const dataDir = freshDir();
  const ledger = openLedger({
    ...{ path: path.join(dataDir, 'manifest.sqlite'), domain: 'production', clock: () => clock.now },
  });
  const exchange = await createCcxtExchange({ id: 'binance', baseUrl: started.url });
  const roleKeeping = (archiveMs: number) =>
    createIngestRole({
      ...{ ledger, dataDir, landingDir: path.join(dataDir, 'incoming'), batchLimit: 1000, sleepMs: 0 },
      ...{ refetchCandles, archiveMs, secondLookMs: 0, exchange, startMs: async () => source.firstMs },
    });
  const role = roleKeeping(3650 * dayMs);
  const series = parseSeries(`binance:BTC/USDT:${timeframe}`);
  const run = <T>(work: () => Promise<T>): Promise<T> =>
    new MockActivityEnvironment().run(work) as Promise<T>;
  const request = { series: seriesKey(series) };
  while (!(await run(() => role.ingestPage(request))).caughtUp);
  const lookAgain = () => run(() => role.lookAgain(request));
  return {
    ...{ ledger, dataDir, clock, series, started, lookAgain },
    /** Where so much is kept. */
    lookAgainKeeping: (archiveMs: number) => run(() => roleKeeping(archiveMs).lookAgain(request)),
    gaps: () => ledger.gaps(series),
    /** A day later: as many ingests as there are gaps to ask for. */
    nextDay: async () => {
      clock.now += dayMs;
      for (let tries = 0; ledger.dueGaps(series).length > 0; tries++) {
        expect(tries).toBeLessThan(50);
        await lookAgain();
      }
    },
  };
};

const summed = (gaps: readonly { missing: number }[]) => gaps.reduce((sum, { missing }) => sum + missing, 0);

test('the real outages of 2017 to 2020 are told apart from what comes late, and nothing is invented', async () => {
  const there = await ingested('real_gaps_BTCUSDT_1h_2017_2020.csv.gz', '1h', 0);
  const { ledger, series, started } = there;
  const found = there.gaps();
  expect([found.length, summed(found)]).toEqual([18, 108]);
  expect(found[0]).toMatchObject({ state: 'open', attempts: 0, answers: 0, nextRetryAt: expect.any(Number) });
  const bars = ledger.bars(series);
  await there.nextDay();
  expect(
    new Set(there.gaps().map(({ attempts, answers, state }) => `${attempts} ${answers} ${state}`)),
  ).toEqual(new Set(['1 1 open']));
  const late = found.find(({ missing }) => missing >= 4)!;
  const came = [0, 1].map((at): Candle => [late.fromMs + at * timeframesMs['1h'], '9', '9', '9', '9', '1']);
  started.edits.apply({ symbol: 'BTCUSDT', timeframe: '1h', rewrite: came });
  for (let day = 0; day < 6; day++) await there.nextDay();
  const states = ledger.newestGaps({ series, limit: 99 }).reverse();
  expect(states.filter(({ fromMs }) => fromMs >= late.fromMs && fromMs <= late.toMs)).toMatchObject([
    { state: 'filled', missing: 2, nextRetryAt: null, filledAt: expect.any(Number) },
    { state: 'outage', missing: late.missing - 2, nextRetryAt: null, answers: 5 },
  ]);
  expect(states.filter(({ state }) => state === 'outage')).toHaveLength(18);
  expect(summed(there.gaps())).toBe(106);
  expect(ledger.bars(series)).toBe(bars + 2);
  expect(ledger.corrections({ series, limit: 9 })).toMatchObject([
    { openTimeMs: came[1]![0], change: 'appeared', before: null },
    { openTimeMs: came[0]![0], change: 'appeared', before: null },
  ]);
  const inRange = (range: { fromMs?: number; toMs?: number }) =>
    ledger.corrections({ series, ...range, limit: 9 }).map(({ openTimeMs }) => openTimeMs);
  expect(inRange({ fromMs: came[1]![0] })).toEqual([came[1]![0]]);
  expect(inRange({ toMs: came[0]![0] })).toEqual([came[0]![0]]);
  expect(inRange({ fromMs: came[1]![0] + 1 })).toEqual([]);
}, 120_000);

const atKlines = <T extends object>(fault: T) => ({ ...fault, path: '/klines' });

test('the real halt of 2023-03-24 stays open while the exchange does not answer, however often it is asked', async () => {
  const there = await ingested('real_outage_BTCUSDT_5m_2023-03-24.csv', '5m');
  expect(there.gaps()).toMatchObject([{ missing: 16, state: 'open' }]);
  const answer = { status: 200, headers: { 'Content-Type': 'application/json' }, body: '[]' };
  const silent = [{ kind: 'error-json' } as const, { kind: 'answer', answer } as const];
  for (let tries = 0; tries < 8; tries++) {
    there.clock.now += dayMs;
    // The first request is for the newest candles, the second one for the gap.
    there.started.faults.clear();
    there.started.faults.add(...[{ kind: 'slow', delayMs: 1 } as const, silent[tries % 2]!].map(atKlines));
    await there.lookAgain();
  }
  expect(there.gaps()).toMatchObject([{ attempts: 8, answers: 0, state: 'open' }]);
});

/** The newest stored candle is so much later than the candle of this number in the gap. */
const keptFrom = ({ ledger, series, gaps }: Awaited<ReturnType<typeof ingested>>, at: number): number =>
  ledger.storedRange(series)!.toMs - (gaps()[0]!.fromMs + at * timeframesMs['5m']);

test('a gap that begins before what is kept is answered all the same, and no outage while nobody answers', async () => {
  const there = await ingested('real_outage_BTCUSDT_5m_2023-03-24.csv', '5m', 0);
  const archiveMs = keptFrom(there, 6);
  const empty = { status: 200, headers: { 'Content-Type': 'application/json' }, body: '[]' };
  for (const isSilent of [true, true, false, false, false, false, false]) {
    there.clock.now += dayMs;
    if (isSilent) there.started.faults.add(atKlines({ kind: 'answer', answer: empty }));
    await there.lookAgainKeeping(archiveMs);
  }
  expect(there.gaps()).toMatchObject([
    { missing: 16, attempts: 7, answers: 5, state: 'outage', nextRetryAt: null },
  ]);
});

test('candles that come late into a gap that begins before what is kept are stored, the older ones not asked for', async () => {
  const there = await ingested('real_outage_BTCUSDT_5m_2023-03-24.csv', '5m', 0);
  const [gap] = there.gaps();
  const came = Array.from(
    { length: 16 },
    (_, at): Candle => [gap!.fromMs + at * timeframesMs['5m'], '9', '9', '9', '9', '1'],
  );
  there.started.edits.apply({ symbol: 'BTCUSDT', timeframe: '5m', rewrite: came });
  there.clock.now += dayMs;
  const archiveMs = keptFrom(there, 6);
  expect(await there.lookAgainKeeping(archiveMs)).toMatchObject({ appeared: 10 });
  expect(there.gaps()).toMatchObject([{ fromMs: gap!.fromMs, missing: 6, state: 'open' }]);
  there.clock.now += dayMs;
  await there.lookAgainKeeping(archiveMs);
  expect(there.gaps()).toMatchObject([{ missing: 6, state: 'open', nextRetryAt: null }]);
});

test('a gap that is older than what is kept has no next try, until more is kept again', async () => {
  const there = await ingested('real_outage_BTCUSDT_5m_2023-03-24.csv', '5m', 0);
  const requests = () => there.started.requests['/api/v3/klines'];
  there.clock.now += dayMs;
  const before = requests();
  await there.lookAgainKeeping(keptFrom(there, 16));
  expect(there.gaps()).toMatchObject([{ state: 'open', attempts: 0, nextRetryAt: null }]);
  expect(requests()).toBe(before);
  await there.lookAgain();
  expect(there.gaps()).toMatchObject([{ attempts: 1, answers: 1, nextRetryAt: expect.any(Number) }]);
});

test('a gap is asked for although the newest candles got no answer that concerns it', async () => {
  const there = await ingested('real_outage_BTCUSDT_5m_2023-03-24.csv', '5m');
  const answer = (body: string) => ({ status: 200, headers: { 'Content-Type': 'application/json' }, body });
  const lawless = JSON.stringify([
    [there.gaps()[0]!.fromMs, '1', '0', '2', '1', '1', 0, '0', 1, '0', '0', '0'],
  ]);
  for (const [tries, body] of ['[]', lawless].entries()) {
    there.clock.now += dayMs;
    there.started.faults.add(atKlines({ kind: 'answer', answer: answer(body) }));
    expect(await there.lookAgain()).toMatchObject({ unanswered: expect.any(String) });
    expect(there.gaps(), body).toMatchObject([{ attempts: tries + 1, answers: tries + 1 }]);
  }
});

test.each(['rate-limit', 'busy-json', 'restricted'] as const)(
  'no gap is asked for while the exchange refuses everything (%s)',
  async (kind) => {
    const there = await ingested('real_outage_BTCUSDT_5m_2023-03-24.csv', '5m');
    there.clock.now += dayMs;
    there.started.faults.add(atKlines({ kind }));
    expect(await there.lookAgain()).toMatchObject({ unanswered: expect.any(String) });
    expect(there.gaps()).toMatchObject([{ attempts: 0 }]);
  },
);

test('gaps are asked for less and less often', async () => {
  const there = await ingested('real_outage_BTCUSDT_5m_2023-03-24.csv', '5m');
  const waits: number[] = [];
  while (there.gaps()[0]!.state === 'open') {
    const { nextRetryAt } = there.gaps()[0]!;
    waits.push((nextRetryAt! - there.clock.now) / 60_000);
    there.clock.now = nextRetryAt! - 1;
    await there.lookAgain();
    expect(there.gaps()[0]!.attempts, 'not before its time').toBe(waits.length - 1);
    there.clock.now += 1;
    await there.lookAgain();
  }
  expect(waits).toEqual([5, 20, 80, 320, 1280]);
  expect(there.gaps()).toMatchObject([{ state: 'outage', attempts: 5, answers: 5, nextRetryAt: null }]);
});

test('a gap whose candles came by another way, such as an import, is filled when the exchange gives them too', async () => {
  const there = await ingested('real_outage_BTCUSDT_5m_2023-03-24.csv', '5m');
  const { ledger, series, dataDir } = there;
  const [gap] = there.gaps();
  const step = timeframesMs['5m'];
  const candles = Array.from(
    { length: 16 },
    (_, at): Candle => [gap!.fromMs + at * step, '9', '9', '9', '9', '1'],
  );
  const watermark = ledger.watermark(series)!;
  landCandles({
    ...{ ledger, dataDir, landing: 'incoming', series, candles, fetchedAt: Date.now(), gaps: [] },
    ...{ expectedWatermark: watermark, nextWatermark: watermark },
  });
  there.started.edits.apply({ symbol: 'BTCUSDT', timeframe: '5m', rewrite: candles });
  await there.nextDay();
  expect(ledger.newestGaps({ series, limit: 99 })).toMatchObject([{ missing: 16, state: 'filled' }]);
  expect(ledger.corrections({ limit: 9 })).toEqual([]);
});
