import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { expect, it } from 'vitest';
import type { Candle, Exchange } from '../exchange/exchange.ts';
import { archiveProcessed } from '../ledger/archive.ts';
import { archivePath } from '../ledger/archive-files.ts';
import { newestCandles } from '../ledger/candle-store.ts';
import { openFresh } from '../ledger/fresh.fixture.ts';
import { btc, candle, genesisMs, hourMs, run1, versionNamed } from '../ledger/ledger.fixture.ts';
import { seriesKey } from '../series.ts';
import { createIngestRole } from './index.ts';

const series = seriesKey(btc);
const timeOf = (at: number): number => genesisMs + at * hourMs;
const page = 20;
const count = 100;

/** Five files of 20 candles, and an exchange in memory that can be struck dumb. */
const ingested = async () => {
  const there = openFresh();
  const { ledger, dataDir, clock } = there;
  const closed = Array.from({ length: count }, (_, at): Candle => candle(at));
  const market = { candles: closed };
  const exchange: Exchange = {
    id: 'memory',
    fetchCandles: async ({ sinceMs, untilMs = Number.POSITIVE_INFINITY, limit }) => {
      const candles = market.candles
        .filter(([time]) => time >= sinceMs && time <= untilMs)
        .slice(0, Math.min(limit, page));
      return { candles, exchangeTimeMs: timeOf(count), caughtUp: candles.length < page };
    },
    firstCandleTimeMs: async () => genesisMs,
    timeMs: async () => timeOf(count),
    close: async () => {},
  };
  const role = createIngestRole({
    ...{ ledger, dataDir, landingDir: join(dataDir, 'incoming'), batchLimit: page, sleepMs: 0 },
    ...{ refetchCandles: 4, archiveMs: 365 * 86_400_000, secondLookMs: 0, exchange },
    startMs: async () => genesisMs,
  });
  const run = <T>(work: () => Promise<T>): Promise<T> =>
    new MockActivityEnvironment({}, { logger: new DefaultLogger('ERROR') }).run(work) as Promise<T>;
  while (!(await run(() => role.ingestPage({ series }))).caughtUp);
  const files = ledger.files({ limit: 9 });
  expect(files).toHaveLength(count / page);
  return {
    ...{ ledger, clock, market, files },
    damage: (at: number): void => {
      writeFileSync(join(dataDir, files[at]!.path), 'timestamp,open,high,low,close,volume\n1,1,1,1,1,1\n');
      ledger.quarantine({ fileId: files[at]!.fileId, reason: 'differs from its hash' });
    },
    /** The month of the archive is altered. Its CSVs are gone by then. */
    damageMonth: (): void => {
      const { claimId } = ledger.claim({ ...run1, leaseMs: 1_000, series: [series] });
      ledger.commitVersion({ ...run1, claimId, version: versionNamed(1), dispositions: [] });
      archiveProcessed({ ...there, series: btc, deleteAfterProcess: true, archiveDays: 365 });
      writeFileSync(archivePath(dataDir, btc, '2024-01'), 'nothing');
    },
    look: (): Promise<unknown> => run(() => role.lookAgain({ series })),
    audit: (): Promise<unknown> => run(() => role.auditRange({ series, day: '2024-01-05', sample: 1 })),
    /** As often as something is due at that time. */
    lookWhenDue: async (): Promise<void> => {
      clock.now += 86_400_000;
      for (let tries = 0; ledger.dueGaps(btc).length > 0 && tries < 20; tries += 1)
        await run(() => role.lookAgain({ series }));
    },
    closes: (): number[] => [...newestCandles({ ledger, dataDir, series: btc, count: 1000 }).close],
  };
};

const allCloses = Array.from({ length: count }, (_, at) => Number(candle(at)[4]));

it.each([
  ['the first file', [0]],
  ['one in the middle', [2]],
  ['the last one', [4]],
  ['all of them', [0, 1, 2, 3, 4]],
])('candles of %s come back from the exchange, each as it was, and the gap is filled', async (_, damaged) => {
  const there = await ingested();
  for (const at of damaged) there.damage(at);
  const missing = damaged.length * page;
  expect(there.ledger.gapTotals()).toEqual([{ series, gaps: damaged.length, missing }]);
  expect(there.closes()).toHaveLength(count - missing);
  await there.lookWhenDue();
  expect(there.closes()).toEqual(allCloses);
  expect(there.ledger.bars(btc)).toBe(count);
  expect(there.ledger.gaps(btc)).toEqual([]);
  expect(there.ledger.watermark(btc)).toBe(timeOf(count));
});

it('an exchange that has them no more leaves the gap, which is an outage when it answers around it, and invents nothing', async () => {
  const there = await ingested();
  there.damage(0);
  there.damage(2);
  there.market.candles = there.market.candles.filter(([time]) => time >= timeOf(60) || time < timeOf(40));
  there.market.candles = there.market.candles.filter(([time]) => time >= timeOf(20));
  for (let day = 0; day < 6; day += 1) await there.lookWhenDue();
  expect(there.ledger.gaps(btc)).toMatchObject([
    { fromMs: timeOf(0), toMs: timeOf(19), state: 'open', missing: page },
    { fromMs: timeOf(40), toMs: timeOf(59), state: 'outage', missing: page },
  ]);
  expect(there.closes()).toHaveLength(count - 2 * page);
});

it.each(['look', 'audit'] as const)(
  'an altered month that a %s meets fails no run: its candles come back from the exchange, each as it was',
  async (meet) => {
    const there = await ingested();
    there.damageMonth();
    await there[meet]();
    expect(there.ledger.alerts({ limit: 1 })).toMatchObject([{ kind: 'quarantine', subject: series }]);
    await there.lookWhenDue();
    expect(there.closes()).toEqual(allCloses);
    expect(there.ledger.bars(btc)).toBe(count);
    expect(there.ledger.gaps(btc)).toEqual([]);
  },
);
