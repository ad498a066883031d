import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createClock, type SimClock } from '../exchange/simulator/clock.ts';
import { type Simulator, startSimulator } from '../exchange/simulator/server.ts';
import { ingestId, taskQueues } from '../workflows/ids.ts';
import type { IngestRequest, IngestResult } from '../workflows/types.ts';
import { anchorMs, market } from './support/candles.ts';
import { eventsOf } from './support/history.ts';
import { openRig, type Rig } from './support/rig.ts';
import { testTemporal } from './temporal-server.ts';

const temporal = testTemporal(import.meta.url);
const minuteMs = 60_000;
const btc = 'binance:BTC/USDT:1m';
/** Candles that are closed at the start of each test. */
const count = 250;

let rig: Rig;
let simulator: Simulator;
let clock: SimClock;

beforeEach(async () => {
  clock = createClock({ startMs: anchorMs });
  simulator = await startSimulator({ source: market, clock });
});
afterEach(async () => {
  await rig.close();
  await simulator.close();
});

const begin = async (settings: Record<string, string> = {}): Promise<void> => {
  rig = await openRig(temporal, {
    settings: {
      EXCHANGE_URL: simulator.url,
      START_TS: String(anchorMs - count * minuteMs),
      BATCH_LIMIT: '100',
      SYMBOLS: 'BTC/USDT',
      ...settings,
    },
  });
  await rig.startIngest();
};

const start = (request: IngestRequest) =>
  rig.client.workflow.start('ingest', {
    workflowId: ingestId(request.series),
    taskQueue: taskQueues.ingest,
    args: [request],
  });

const ingest = async (request: IngestRequest): Promise<IngestResult> =>
  (await (await start(request)).result()) as IngestResult;

/** Open times of every stored row, as they lie in the CSVs. */
const storedTimes = (): number[] =>
  rig.ledger
    .files({ limit: 1_000 })
    .filter((file) => `${file.exchange}:${file.symbol}:${file.timeframe}` === btc)
    .flatMap((file) =>
      readFileSync(path.join(rig.config.paths.dataDir, file.path), 'utf8')
        .trim()
        .split('\n')
        .slice(1)
        .map((line) => Number(line.split(',')[0])),
    )
    .sort((a, b) => a - b);

const minutesFrom = (fromMs: number, length: number): number[] =>
  Array.from({ length }, (_, i) => fromMs + i * minuteMs);

const startMs = anchorMs - count * minuteMs;

describe('ingest', () => {
  it('stores page after page until the exchange has no more closed candles, each candle once', async () => {
    await begin();
    expect(await ingest({ series: btc, until: 'now' })).toEqual({
      series: btc,
      downloaded: count,
      pages: 3,
      gaps: 0,
      watermark: anchorMs,
      caughtUp: true,
      lookedAgain: { compared: 49, rewritten: 0, appeared: 0, removed: 0, suspected: 0 },
    });
    expect(storedTimes()).toEqual(minutesFrom(startMs, count));
  });

  it('of one chunk stores one page and says that there is more', async () => {
    await begin();
    const { downloaded, pages, caughtUp, watermark } = await ingest({ series: btc, until: 'chunk' });
    expect({ downloaded, pages, caughtUp }).toEqual({ downloaded: 100, pages: 1, caughtUp: false });
    expect(watermark).toBe(startMs + 100 * minuteMs);
    expect(storedTimes()).toHaveLength(100);
  });

  it('continues as new after its share of pages and adds everything up', async () => {
    await begin({ BATCH_LIMIT: '25' });
    const handle = await start({ series: btc, until: 'now', pagesPerRun: 4 });
    expect(await handle.result()).toMatchObject({ downloaded: count, pages: 11, watermark: anchorMs });
    const runs = [];
    for (let runId: string | undefined = handle.firstExecutionRunId; runId; ) {
      const events = await eventsOf(rig.client.workflow.getHandle(handle.workflowId, runId));
      const scheduled = events.flatMap((event) => event.activityTaskScheduledEventAttributes ?? []);
      runs.push(scheduled.map(({ activityType }) => activityType?.name ?? ''));
      runId = events.at(-1)?.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId ?? undefined;
    }
    const pages = (count: number): string[] => Array.from({ length: count }, () => 'ingestPage');
    expect(runs, 'once a run it looks again').toEqual([pages(4), pages(4), [...pages(3), 'lookAgain']]);
    expect(storedTimes()).toEqual(minutesFrom(startMs, count));
  });

  it('started again on the same ledger stores nothing twice, and then only what is new', async () => {
    await begin();
    await ingest({ series: btc, until: 'now' });
    await rig.stopWorkers();
    await rig.startIngest();
    expect((await ingest({ series: btc, until: 'now' })).downloaded).toBe(0);
    clock.advanceBy(7 * minuteMs + 30_000);
    expect((await ingest({ series: btc, until: 'now' })).downloaded).toBe(7);
    expect(storedTimes()).toEqual(minutesFrom(startMs, count + 7));
    expect(rig.config.series.map((series) => rig.ledger.bars(series))).toEqual([count + 7]);
  });
});

describe('trouble with the exchange', () => {
  it('an unknown symbol ends at once with its reason and blocks no other', async () => {
    await begin({ SYMBOLS: 'NOPE/USDT,BTC/USDT' });
    const answer = await rig.training.ingestOnce({ until: 'now', wait: true });
    const [nope, known] = answer.series;
    expect(nope).toMatchObject({ downloaded: 0, error: expect.stringMatching(/^UnknownSymbol: /) });
    expect(known).toMatchObject({ series: btc, downloaded: count, watermark: anchorMs });
    expect(known).not.toHaveProperty('error');
    const events = await eventsOf(rig.client.workflow.getHandle(ingestId('binance:NOPE/USDT:1m')));
    expect(events.filter(({ activityTaskFailedEventAttributes: failed }) => failed)).toHaveLength(1);
  });

  it('of which every symbol is unknown is a failure of the whole', async () => {
    await begin({ SYMBOLS: 'NOPE/USDT' });
    const asked = rig.training.ingestOnce({ until: 'now', wait: true });
    await expect(asked).rejects.toMatchObject({ type: 'UnknownSymbol' });
  });

  it('429 is asked again no sooner than Retry-After says', async () => {
    await begin();
    await ingest({ series: btc, until: 'chunk' });
    simulator.faults.add({ kind: 'rate-limit', path: '/klines', retryAfterMs: 4_000 });
    const begun = Date.now();
    const handle = await start({ series: btc, until: 'chunk' });
    expect(await handle.result()).toMatchObject({ downloaded: 100 });
    expect(Date.now() - begun).toBeGreaterThanOrEqual(4_000);
    const attempts = (await eventsOf(handle)).flatMap(
      ({ activityTaskStartedEventAttributes: started }) => started ?? [],
    );
    expect(attempts).toMatchObject([
      { attempt: 2, lastFailure: { applicationFailureInfo: { type: 'ExchangeRateLimited' } } },
      { attempt: 1 },
    ]);
  });

  it('that answers with errors, cut connections and nonsense is asked until it answers with candles', async () => {
    await begin();
    const kinds = ['error-json', 'cut-connection', 'html'] as const;
    simulator.faults.add(...kinds.map((kind) => ({ kind, path: '/klines' })));
    expect(await ingest({ series: btc, until: 'now' })).toMatchObject({ downloaded: count, gaps: 0 });
    expect(storedTimes()).toEqual(minutesFrom(startMs, count));
    expect(simulator.faults.state()).toMatchObject({ struck: kinds.length, waiting: [] });
  });
});
