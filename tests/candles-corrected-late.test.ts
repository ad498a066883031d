import { readFileSync } from 'node:fs';
import path from 'node:path';
import { MockActivityEnvironment } from '@temporalio/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { createIngestRole } from '../activities/index.ts';
import type { TrainAnswer } from '../api/training.ts';
import { createCcxtExchange } from '../exchange/ccxt.ts';
import { canonicalDecimal } from '../exchange/decimal.ts';
import type { Candle } from '../exchange/exchange.ts';
import { createClock } from '../exchange/simulator/clock.ts';
import { replaySource } from '../exchange/simulator/replay.ts';
import { type Simulator, startSimulator } from '../exchange/simulator/server.ts';
import { newestCandles, readWindow } from '../ledger/candle-store.ts';
import { freshDir } from '../ledger/fresh.fixture.ts';
import { openLedger } from '../ledger/open.ts';
import { parseSeries } from '../series.ts';
import { checkDispositions } from './support/disposition-checker.ts';
import { listSource } from './support/list-source.ts';
import { openRig, type Rig } from './support/rig.ts';
import { testTemporal } from './temporal-server.ts';

/** Closed hours that Binance rewrote or removed between July 2021 and September 2025. */
interface Case {
  readonly symbol: string;
  readonly timestamp: number;
  readonly seen_2021_07: readonly number[];
  readonly seen_2025_09: readonly number[] | null;
}

const data = path.resolve(import.meta.dirname, '../../shared/data');
const cases = JSON.parse(
  readFileSync(path.join(data, 'dirty/real_late_corrections.json'), 'utf8'),
) as readonly Case[];
const hourMs = 3_600_000;

const candleOf = (time: number, values: readonly number[]): Candle =>
  [time, ...values.map((value) => canonicalDecimal(String(value)))] as unknown as Candle;

let simulator: Simulator | undefined;
let rig: Rig | undefined;
afterEach(async () => {
  await rig?.close();
  await simulator?.close();
  [rig, simulator] = [undefined, undefined];
});

/** What the exchange says now, as the later snapshot has it. */
const editOf = ({ timestamp, seen_2025_09: now }: Case) =>
  now === null ? { remove: [timestamp] } : { rewrite: [candleOf(timestamp, now)] };

describe('closed hours that the exchange changed later', () => {
  const of = (symbol: string) => cases.filter((one) => one.symbol === symbol);
  const symbols = [...new Set(cases.map(({ symbol }) => symbol))];

  /** The hours of the earlier snapshot; between them and around them flat ones, as a quiet market gives. */
  const firstSeen = (symbol: string, from: number, to: number): Candle[] => {
    const known = new Map(of(symbol).map((one) => [one.timestamp, one.seen_2021_07]));
    const price = of(symbol)[0]!.seen_2021_07[0]!;
    return Array.from({ length: (to - from) / hourMs + 1 }, (_, i) => from + i * hourMs).map((time) =>
      candleOf(time, known.get(time) ?? [price, price, price, price, 0]),
    );
  };

  it.each([...new Set(cases.map(({ timestamp }) => timestamp - (timestamp % 86_400_000)))])(
    'of the day %d are stored as corrections, the copies of 2025 are current, the removed ones gone',
    async (day) => {
      const [from, to] = [day - 8 * hourMs, day + 36 * hourMs];
      const bySymbol = Object.fromEntries(symbols.map((symbol) => [symbol, firstSeen(symbol, from, to)]));
      simulator = await startSimulator({ source: listSource('1h', bySymbol) });
      const dataDir = freshDir();
      const ledger = openLedger({ path: path.join(dataDir, 'manifest.sqlite'), domain: 'production' });
      const role = createIngestRole({
        ...{ ledger, dataDir, landingDir: path.join(dataDir, 'incoming'), batchLimit: 1000, sleepMs: 0 },
        ...{ refetchCandles: 48, archiveMs: 365 * 86_400_000, secondLookMs: 0 },
        exchange: await createCcxtExchange({ id: 'binance', baseUrl: simulator.url }),
        startMs: async () => from,
      });
      const run = <T>(work: () => Promise<T>): Promise<T> =>
        new MockActivityEnvironment().run(work) as Promise<T>;
      for (const symbol of symbols) {
        const key = `binance:${symbol.replace('USDT', '/USDT')}:1h`;
        const today = of(symbol).filter(({ timestamp }) => timestamp >= from && timestamp <= to);
        await run(() => role.ingestPage({ series: key }));
        for (const one of today) simulator.edits.apply({ symbol, timeframe: '1h', ...editOf(one) });
        await run(() => role.lookAgain({ series: key }));
        await run(() => role.lookAgain({ series: key }));
        const series = parseSeries(key);
        expect(ledger.corrections({ series, limit: 99 })).toHaveLength(today.length);
        const removed = today.filter(({ seen_2025_09: now }) => now === null).length;
        expect(ledger.bars(series)).toBe(45 - removed);
        const stored = newestCandles({ ledger, dataDir, series, count: 99 });
        expect(stored.openTimeMs).toHaveLength(45 - removed);
        for (const { timestamp, seen_2025_09: now } of today) {
          const at = stored.openTimeMs.indexOf(timestamp);
          const columns = [stored.open, stored.high, stored.low, stored.close, stored.volume];
          expect(at < 0 ? null : columns.map((column) => column[at])).toEqual(now);
        }
      }
      ledger.close();
    },
  );
});

const temporal = testTemporal(import.meta.url);

describe('a correction in training', () => {
  const btc = parseSeries('binance:BTC/USDT:1h');
  const late = cases.find((one) => one.symbol === 'BTCUSDT' && one.timestamp === 1_619_139_600_000)!;
  /** The hour behind it: removed as the hour of 2020-12-21 was, of which no real neighbours are at hand. */
  const gone = late.timestamp + hourMs;
  const before = { symbol: 'BTCUSDT', timeframe: '1h' } as const;
  const nowMs = late.timestamp + 10 * hourMs;
  const startMs = late.timestamp - 600 * hourMs;
  /** Of these 610 hours the exchange has no candle for two. */
  const stored = 608;

  const begin = async (exactlyOnce: boolean): Promise<Rig> => {
    const source = replaySource({ folder: path.join(data, 'candles'), timeframe: '1h', untilMs: nowMs });
    simulator = await startSimulator({ source, clock: createClock({ startMs: nowMs }) });
    simulator.edits.apply({ ...before, rewrite: [candleOf(late.timestamp, late.seen_2021_07)] });
    rig = await openRig(temporal, {
      settings: {
        ...{ EXCHANGE_URL: simulator.url, START_TS: String(startMs), SYMBOLS: 'BTC/USDT', TIMEFRAME: '1h' },
        EXACTLY_ONCE: String(exactlyOnce),
      },
      secondLookMs: 0,
    });
    await rig.startIngest();
    await rig.startTrain();
    await ingest(rig);
    return rig;
  };
  const ingest = ({ training }: Rig) => training.ingestOnce({ until: 'now', wait: true });
  const train = async ({ training }: Rig) => (await training.train({ wait: true })) as TrainAnswer;

  /** The exchange changes its mind; two ingests see it. */
  const correct = async (there: Rig): Promise<void> => {
    simulator!.edits.apply({ ...before, restore: [late.timestamp], remove: [gone] });
    await ingest(there);
    await ingest(there);
  };
  const closes = (there: Rig) => {
    const { openTimeMs, close } = readWindow({
      ...{ ledger: there.ledger, dataDir: there.config.paths.dataDir, series: btc },
    });
    return [late.timestamp, gone].map((time) => close[openTimeMs.indexOf(time)]);
  };
  const addUp = ({ config }: Rig) => {
    const { problems, counts } = checkDispositions({ ...config.paths, timeframeMs: hourMs });
    expect(problems).toEqual([]);
    return counts;
  };

  it('of an untrained candle comes in time: strict mode trains the newest copy, and none of a removed one', async () => {
    const there = await begin(true);
    await correct(there);
    const { version_id: version } = await train(there);
    expect(version).not.toBe('n/a');
    expect(addUp(there)).toEqual({ trained: stored - 1, duplicate: 1, removed: 2 });
    expect(
      there.ledger.dispositions('binance:BTC/USDT:1h#1').filter(({ kind }) => kind === 'removed'),
    ).toMatchObject([{ fromMs: gone }, { fromMs: gone }]);
    expect(closes(there)).toEqual([late.seen_2025_09![3], undefined]);
  });

  it('of a trained candle comes too late for strict mode: it is counted, and nothing is trained again', async () => {
    const there = await begin(true);
    await train(there);
    await correct(there);
    expect(await train(there), 'corrections alone are no new candles').toMatchObject({ version_id: 'n/a' });
    simulator!.clock.advanceBy(30 * hourMs);
    await ingest(there);
    const { version_id: version } = await train(there);
    expect(addUp(there)).toEqual({ trained: stored + 30, corrected_late: 2 });
    const file = path.join(there.config.paths.modelsDir, 'registry', version, 'metadata.json');
    const { dispositions } = JSON.parse(readFileSync(file, 'utf8')) as { dispositions: object };
    expect(dispositions).toMatchObject({ trained: 30, corrected_late: 2 });
    expect(closes(there), 'what is served and scored is the newest copy').toEqual([
      late.seen_2025_09![3],
      undefined,
    ]);
  });

  it('is what sliding mode trains on, also out of the archive, and never the removed candle', async () => {
    const there = await begin(false);
    await train(there);
    expect(closes(there)[0]).toBe(late.seen_2021_07[3]);
    await correct(there);
    simulator!.clock.advanceBy(30 * hourMs);
    await ingest(there);
    const { metadata } = await train(there);
    expect(metadata).toMatchObject({ claimed_files: 3 });
    expect(there.ledger.fileCounts(), 'all of it is in the archive').toMatchObject({
      processed: 0,
      downloaded: 0,
    });
    expect(closes(there)).toEqual([late.seen_2025_09![3], undefined]);
    expect(there.ledger.bars(btc)).toBe(stored + 30 - 1);
  });
});
