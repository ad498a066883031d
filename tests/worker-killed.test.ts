import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Client, Connection, defaultPayloadConverter, type WorkflowHandle } from '@temporalio/client';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startSimulation } from '../cli/embedded/simulator.ts';
import { loadConfig } from '../config.ts';
import { openLedger } from '../ledger/open.ts';
import { seriesKey } from '../series.ts';
import { ingestId, retrainId, taskQueues } from '../workflows/ids.ts';
import type { RetrainResult } from '../workflows/types.ts';
import { startWorkerProcess, type WorkerProcess } from './processes/worker-process.ts';
import { checkDispositions } from './support/disposition-checker.ts';
import { testTemporal } from './temporal-server.ts';

const temporal = testTemporal(import.meta.url);
let connection: Connection;
let client: Client;

beforeAll(async () => {
  connection = await Connection.connect({ address: temporal.address });
  client = new Client({ connection, namespace: temporal.namespace });
});
afterAll(() => connection.close());

/** Twelve states on two weeks of minutes: long enough to be killed in the middle of the fit. */
const settings = {
  SYMBOLS: 'BTC/USDT',
  TIMEFRAME: '1m',
  HMM_STATES: '12',
  EXACTLY_ONCE: 'false',
  LEASE_MS: '30000',
  SLEEP_MS: '0',
};

let home: string;
let env: Record<string, string>;
let simulator: Awaited<ReturnType<typeof startSimulation>>;
let workers: WorkerProcess[] = [];

beforeEach(async () => {
  home = mkdtempSync(path.join(tmpdir(), 'autotrain-killed-'));
  const roots = { STATE_DIR: home, DATA_DIR: path.join(home, 'ml'), MODELS_DIR: path.join(home, 'models') };
  const address = { TEMPORAL_ADDRESS: temporal.address, TEMPORAL_NAMESPACE: temporal.namespace };
  simulator = await startSimulation(loadConfig({ ...settings, ...roots }));
  env = { ...settings, ...roots, ...address, EXCHANGE_URL: simulator.url };
});

afterEach(async () => {
  await Promise.all(workers.map((worker) => worker.kill()));
  workers = [];
  await simulator.close();
  rmSync(home, { recursive: true, force: true });
});

const worker = async (crashAt?: string): Promise<WorkerProcess> => {
  const started = await startWorkerProcess(env, crashAt);
  workers.push(started);
  return started;
};

const ingestAll = async (): Promise<void> => {
  const series = 'binance:BTC/USDT:1m';
  await client.workflow.execute('ingest', {
    workflowId: ingestId(series),
    taskQueue: taskQueues.ingest,
    args: [{ series, until: 'now' }],
  });
};

const startRetrain = (): Promise<WorkflowHandle> =>
  client.workflow.start('retrain', { workflowId: retrainId, taskQueue: taskQueues.train, args: [{}] });

const untilIteration = async (handle: WorkflowHandle, least: number): Promise<void> => {
  for (const until = Date.now() + 60_000; Date.now() < until; await delay(50)) {
    const { raw } = await handle.describe();
    for (const { heartbeatDetails } of raw.pendingActivities ?? []) {
      const payload = heartbeatDetails?.payloads?.[0];
      const details = payload
        ? defaultPayloadConverter.fromPayload<{ iteration?: number }>(payload)
        : undefined;
      if ((details?.iteration ?? 0) >= least) return;
    }
  }
  throw new Error(`no heartbeat with iteration >= ${least} within a minute`);
};

const startedAttempts = async (handle: WorkflowHandle): Promise<number[]> => {
  const { events } = await handle.fetchHistory();
  return (events ?? []).flatMap(({ activityTaskStartedEventAttributes: started }) => started?.attempt ?? []);
};

const expectProcessedOnce = (result: RetrainResult): void => {
  const config = loadConfig(env);
  const ledger = openLedger({ path: config.paths.ledgerFile, domain: config.domain, readonly: true });
  try {
    const counts = ledger.fileCounts();
    expect(counts.processing + counts.downloaded + counts.quarantined).toBe(0);
    expect(counts.processed + counts.deleted).toBe(result.metadata.claimed_files);
    expect(ledger.versions({ limit: 10 }).map(({ versionId }) => versionId)).toEqual([result.version_id]);
    expect(readdirSync(path.join(config.paths.modelsDir, 'registry'))).toEqual([result.version_id]);
    expect(ledger.openClaims()).toEqual([]);
    expect(ledger.bars(config.series[0] as (typeof config.series)[0])).toBeGreaterThan(20_000);
    expect(seriesKey(config.series[0] as (typeof config.series)[0])).toBe('binance:BTC/USDT:1m');
  } finally {
    ledger.close();
  }
};

/** By the independent checker: every stored candle was trained once in the lineage. */
const expectTrainedOnce = (): void => {
  const { ledgerFile, dataDir, modelsDir } = loadConfig(env).paths;
  const report = checkDispositions({ ledgerFile, dataDir, modelsDir, timeframeMs: 60_000 });
  expect(report).toMatchObject({ problems: [], lineages: 1 });
  expect(report.counts).toEqual({ trained: report.candles });
  expect(report.candles).toBeGreaterThan(20_000);
};

describe('a worker killed with SIGKILL', () => {
  it('in the middle of training: another attempt finishes, every file counts once', async () => {
    const first = await worker();
    await ingestAll();
    const handle = await startRetrain();
    await untilIteration(handle, 3);
    await first.kill();
    await worker();
    const result = (await handle.result()) as RetrainResult;
    expect(Math.max(...(await startedAttempts(handle)))).toBeGreaterThanOrEqual(2);
    expectProcessedOnce(result);
  }, 180_000);

  it.each(['true', 'false'])(
    'between the rename of the version and the commit: the next attempt finds its own directory (EXACTLY_ONCE=%s)',
    async (exactlyOnce) => {
      env = { ...env, HMM_STATES: '2', EXACTLY_ONCE: exactlyOnce, DELETE_AFTER_PROCESS: 'false' };
      const crashing = await worker('version:renamed');
      await ingestAll();
      const handle = await startRetrain();
      expect(await crashing.gone).toBe('SIGKILL');
      const { modelsDir } = loadConfig(env).paths;
      expect(readdirSync(path.join(modelsDir, 'registry'))).toHaveLength(1);
      await worker();
      const result = (await handle.result()) as RetrainResult;
      expect(Math.max(...(await startedAttempts(handle)))).toBeGreaterThanOrEqual(2);
      expectProcessedOnce(result);
      if (exactlyOnce === 'true') expectTrainedOnce();
    },
    180_000,
  );
});
