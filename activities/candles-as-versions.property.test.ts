import { join } from 'node:path';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Candle, Exchange } from '../exchange/exchange.ts';
import { archive, nextVersion } from '../ledger/archive.fixture.ts';
import type { CandleColumns } from '../ledger/candle-columns.ts';
import { verifyAndRead } from '../ledger/candle-file.ts';
import { newestCandles, readWindow } from '../ledger/candle-store.ts';
import type { CrashPointName } from '../ledger/crash-points.ts';
import { freshDir } from '../ledger/fresh.fixture.ts';
import { btc, Crash, candle, genesisMs, hourMs, run1 } from '../ledger/ledger.fixture.ts';
import { openLedger } from '../ledger/open.ts';
import { removeOrphans } from '../ledger/orphans.ts';
import { seriesKey } from '../series.ts';
import { createIngestRole } from './index.ts';
import { classify } from './strict/classify.ts';
import { appendRanges, runsOf } from './strict/ranges.ts';

const series = seriesKey(btc);
const timeOf = (at: number): number => genesisMs + at * hourMs;

/** An exchange in memory: candles by number, each of some copy, and how many of them are closed. */
const createMarket = () => {
  const copies = new Map<number, number>();
  let closed = 0;
  const exchange: Exchange = {
    id: 'memory',
    fetchCandles: async ({ sinceMs, untilMs = Number.POSITIVE_INFINITY, limit }) => {
      const candles = [...copies]
        .sort(([one], [other]) => one - other)
        .map(([at, copy]): Candle => candle(at, copy))
        .filter(([time]) => time >= sinceMs && time <= untilMs);
      return { candles: candles.slice(0, limit), exchangeTimeMs: timeOf(closed), caughtUp: true };
    },
    firstCandleTimeMs: async () => genesisMs,
    timeMs: async () => timeOf(closed),
    close: async () => {},
  };
  return {
    exchange,
    copies,
    close: (count: number): void => {
      for (let i = 0; i < count; i++) copies.set(closed++, 0);
    },
    /** A number `back` from the newest candle, never the newest one. */
    at: (back: number): number => Math.max(0, closed - 2 - back),
  };
};

/** What should be current, and which candles one answer has left out. */
const createModel = ({ copies }: ReturnType<typeof createMarket>) => {
  const stored = new Map<number, number>();
  const suspected = new Set<number>();
  let next = 0;

  const judge = (at: number): void => {
    const copy = copies.get(at);
    const isGone = copy === undefined && stored.has(at);
    if (copy !== undefined) stored.set(at, copy);
    else if (isGone && suspected.has(at)) stored.delete(at);
    if (isGone && stored.has(at)) suspected.add(at);
    else suspected.delete(at);
  };

  /** Whether there was an answer, and whether it reaches over `of`. */
  const lookAt = (from: number, to: number, of = from) => {
    const answered = [...copies.keys()].filter((at) => at >= from && at <= to);
    const [first, last] = [Math.min(...answered), Math.max(...answered)];
    for (let at = first; at <= last; at++) judge(at);
    return { isAnswered: answered.length > 0, isOver: first <= of && of <= last };
  };

  return {
    stored,
    ingest: (): void => {
      const there = [...copies.keys()].filter((at) => at >= next);
      for (const at of there) stored.set(at, copies.get(at)!);
      next = Math.max(next, ...there.map((at) => at + 1));
    },
    /** The newest ones, then the oldest of those that are suspected from before. */
    look: (): void => {
      const from = Math.max(0, next - 1 - refetchCandles);
      if (!lookAt(from, next - 1).isAnswered) return;
      const [old] = [...suspected].filter((at) => at < from && at > 0).sort((one, other) => one - other);
      if (old === undefined) return;
      const second = lookAt(Math.max(0, old - 5), Math.min(next - 1, old + 5), old);
      if (second.isAnswered && !second.isOver) suspected.delete(old);
    },
  };
};

const refetchCandles = 20;

const action = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('ingest' as const), count: fc.integer({ min: 1, max: 12 }) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom('rewrite' as const, 'remove' as const, 'restore' as const),
      back: fc.nat(25),
      copy: fc.integer({ min: 1, max: 3 }),
    }),
  },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('look' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('retrain' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('archive' as const), deletes: fc.boolean() }) },
);

const open = (crash?: (point: CrashPointName) => void) => {
  const dataDir = freshDir();
  const path = join(dataDir, 'manifest.sqlite');
  const ledger = openLedger({ path, domain: 'production', ...(crash && { crash }) });
  const market = createMarket();
  const role = createIngestRole({
    ...{ ledger, dataDir, landingDir: join(dataDir, 'incoming'), batchLimit: 1000, sleepMs: 0 },
    ...{ refetchCandles, archiveMs: 365 * 86_400_000, secondLookMs: 0, exchange: market.exchange },
    startMs: async () => genesisMs,
    ...(crash && { crash }),
  });
  const run = <T>(work: () => Promise<T>): Promise<T> =>
    new MockActivityEnvironment({}, { logger: new DefaultLogger('ERROR') }).run(work) as Promise<T>;
  return {
    ...{ dataDir, ledger, market },
    page: () => run(() => role.ingestPage({ series })),
    lookAgain: () => run(() => role.lookAgain({ series })),
  };
};

type There = ReturnType<typeof open>;

/** As strict training does: every waiting file is classified and completed with its dispositions. */
const createLineage = ({ ledger, dataDir }: There) => {
  let trainedRanges: readonly { fromMs: number; toMs: number }[] = [];
  return () => {
    const { claimId, files } = ledger.claim({ ...run1, leaseMs: 60_000, series: [series] });
    if (files.length === 0) return;
    const mine = [...files].sort((a, b) => a.fetchedAt - b.fetchedAt || a.seq - b.seq);
    const read = mine.map((file) => ({ fileId: file.fileId, ...verifyAndRead(file, dataDir) }));
    const past = { trainedRanges, timeframeMs: hourMs, storedCopy: () => undefined };
    const { columns, dispositions } = classify(read, past);
    const told = dispositions.map((one) => ({ ...one, lineage: 'all', series }));
    ledger.commitVersion({ ...run1, claimId, version: nextVersion(), dispositions: told });
    trainedRanges = appendRanges(trainedRanges, runsOf(columns.openTimeMs, hourMs), hourMs);
    for (const file of files)
      expect(
        told.filter(({ fileId }) => fileId === file.fileId).reduce((sum, { candles }) => sum + candles, 0),
      ).toBe(file.bars);
  };
};

const asText = ({ openTimeMs, close }: CandleColumns): string =>
  Array.from(openTimeMs, (time, i) => `${time} ${close[i]}`).join('\n');

const expected = (stored: ReadonlyMap<number, number>): string =>
  [...stored]
    .sort(([one], [other]) => one - other)
    .map(([at, copy]) => `${timeOf(at)} ${Number(candle(at, copy)[4])}`)
    .join('\n');

const numRuns = process.env['AUTOTRAIN_TESTS'] === 'full' ? 300 : 12;

it(
  'however candles are rewritten, removed and given back between ingests, retrains and compactions, the current ones are those of a plain map',
  async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(action, { minLength: 5, maxLength: 25 }), async (actions) => {
        const there = open();
        const { market, ledger, dataDir } = there;
        const model = createModel(market);
        const retrain = createLineage(there);
        const ingest = async (count: number) => {
          market.close(count);
          await there.page();
          model.ingest();
        };
        await ingest(10);
        for (const one of actions) {
          if (one.do === 'ingest') await ingest(one.count);
          else if (one.do === 'rewrite') market.copies.set(market.at(one.back), one.copy);
          else if (one.do === 'remove') market.copies.delete(market.at(one.back));
          else if (one.do === 'restore') market.copies.set(market.at(one.back), 0);
          else if (one.do === 'retrain') retrain();
          else if (one.do === 'archive')
            archive({ ...there, clock: { now: 0 }, path: '' }, { deleteAfterProcess: one.deletes });
          else {
            await there.lookAgain();
            model.look();
          }
          expect(asText(newestCandles({ ledger, dataDir, series: btc, count: 10_000 }))).toBe(
            expected(model.stored),
          );
          expect(ledger.bars(btc)).toBe(model.stored.size);
        }
        retrain();
        expect(asText(readWindow({ ledger, dataDir, series: btc }))).toBe(expected(model.stored));
        archive({ ...there, clock: { now: 0 }, path: '' });
        expect(asText(readWindow({ ledger, dataDir, series: btc }))).toBe(expected(model.stored));
        ledger.close();
      }),
      { numRuns },
    );
  },
  numRuns * 5_000,
);

const points: readonly CrashPointName[] = [
  'file:unsynced',
  'file:written',
  'file:renamed',
  'file:synced',
  'file:unregistered',
  'recordComparison:uncommitted',
  'recordComparison:committed',
  'file:registered',
];

it.each(points)(
  'a look that dies at %s is made good by the next one: stored once, and nothing is left over',
  async (point) => {
    let deadly: string | undefined;
    const there = open((at) => {
      if (at === deadly) throw new Crash(at);
    });
    const { market, ledger, dataDir } = there;
    market.close(10);
    await there.page();
    const watermark = ledger.watermark(btc);
    market.copies.delete(4);
    await there.lookAgain();
    market.copies.set(7, 2);
    deadly = point;
    await expect(there.lookAgain()).rejects.toThrow(Crash);
    deadly = undefined;
    await there.lookAgain();
    expect(ledger.corrections({ limit: 9 })).toMatchObject([
      { openTimeMs: timeOf(7), change: 'rewritten' },
      { openTimeMs: timeOf(4), change: 'removed' },
    ]);
    expect(ledger.files({ limit: 9 }).map(({ kind, bars }) => `${kind} ${bars}`)).toEqual([
      'candles 10',
      'corrections 2',
    ]);
    expect(ledger.bars(btc)).toBe(9);
    expect(ledger.suspicions(btc)).toEqual([]);
    expect(ledger.watermark(btc)).toBe(watermark);
    removeOrphans({ ledger, dataDir, olderThanMs: 0 });
    expect(removeOrphans({ ledger, dataDir, olderThanMs: 0 })).toEqual([]);
    expect(newestCandles({ ledger, dataDir, series: btc, count: 99 }).openTimeMs).toHaveLength(9);
  },
);
