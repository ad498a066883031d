import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { TrainAnswer } from '../api/training.ts';
import type { Candle } from '../exchange/exchange.ts';
import { createClock } from '../exchange/simulator/clock.ts';
import { type Simulator, startSimulator } from '../exchange/simulator/server.ts';
import { formatCandles } from '../ledger/candle-file.ts';
import { newestCandles } from '../ledger/candle-store.ts';
import { makeOlder } from '../ledger/older/older.fixture.ts';
import { parseSeries } from '../series.ts';
import { ingestId, taskQueues } from '../workflows/ids.ts';
import { anchorMs, market } from './support/candles.ts';
import { checkDispositions } from './support/disposition-checker.ts';
import { openRig, type Rig } from './support/rig.ts';
import { testTemporal } from './temporal-server.ts';

const temporal = testTemporal(import.meta.url);
const minuteMs = 60_000;
const btc = parseSeries('binance:BTC/USDT:1m');
const count = 500;
const startMs = anchorMs - count * minuteMs;

const truth = market.candles({
  ...{ symbol: 'BTCUSDT', timeframe: '1m', fromMs: startMs, toMs: anchorMs - 1, limit: count, keep: 'first' },
}) as Candle[];

let home: string;
let rig: Rig;
let simulator: Simulator;
beforeEach(async () => {
  home = realpathSync(mkdtempSync(path.join(tmpdir(), 'autotrain-older-')));
  simulator = await startSimulator({ source: market, clock: createClock({ startMs: anchorMs }) });
});
afterEach(async () => {
  await rig.close();
  await simulator.close();
  rmSync(home, { recursive: true, force: true });
});

/** As that stack left it: a run died while it held the first file, and the last candle of the second was still forming. */
const leaveBehind = (): void => {
  const older = makeOlder(home);
  const forming: Candle = [truth[299]![0], '1', '2', '1', '2', '0.5'];
  const half = (from: number, to: number, ...more: Candle[]) =>
    formatCandles([...truth.slice(from, to), ...more]).toString();
  const lived = new Date(forming[0] + minuteMs / 2).toISOString();
  const [first, second] = [
    { from: 0, count: 200 },
    { from: 200, count: 100 },
  ];
  older.file({
    ...first,
    status: 'processing',
    createdAt: truth[299]![0],
    timeframe: '1m',
    text: half(0, 200),
  });
  older.file({
    ...second,
    status: 'downloaded',
    createdAt: lived,
    timeframe: '1m',
    text: half(200, 299, forming),
  });
  older.watermark('ingest:binance:BTC/USDT:1m', forming[0] + 1);
  older.db.close();
};

it('a manifest of the older stack is migrated, ingest goes on from it, and every candle is learned once, as it closed', async () => {
  leaveBehind();
  rig = await openRig(temporal, {
    settings: {
      ...{ DATA_DIR: home, LEDGER_DB: path.join(home, 'manifest.sqlite'), EXACTLY_ONCE: 'true' },
      ...{ SYMBOLS: 'BTC/USDT', EXCHANGE_URL: simulator.url, BATCH_LIMIT: '100' },
    },
  });
  expect(rig.ledger.fileCounts()).toMatchObject({ downloaded: 2, processing: 0, quarantined: 0 });
  await Promise.all([rig.startIngest(), rig.startTrain()]);
  await rig.client.workflow.execute('ingest', {
    workflowId: ingestId('binance:BTC/USDT:1m'),
    taskQueue: taskQueues.ingest,
    args: [{ series: 'binance:BTC/USDT:1m', until: 'now' }],
  });
  expect(rig.ledger.watermark(btc)).toBe(anchorMs);

  const answer = (await rig.training.train({ wait: true })) as TrainAnswer;
  expect(answer).toMatchObject({ promoted: true, metadata: { n_obs: expect.any(Number) } });
  const { dataDir, modelsDir, ledgerFile } = rig.config.paths;
  const { problems, counts } = checkDispositions({ ledgerFile, dataDir, modelsDir, timeframeMs: minuteMs });
  expect(problems).toEqual([]);
  // The 99 candles behind the first file's last, and that one, were asked for again; the forming one was in no file.
  expect(counts).toEqual({ trained: count, duplicate: 100 });
  const stored = newestCandles({ ledger: rig.ledger, dataDir, series: btc, count: 10 * count });
  expect([...stored.openTimeMs]).toEqual(truth.map(([time]) => time));
  expect([...stored.close]).toEqual(truth.map(([, , , , close]) => Number(close)));
});
