import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Client } from '@temporalio/client';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createClock } from '../exchange/simulator/clock.ts';
import { type Simulator, startSimulator } from '../exchange/simulator/server.ts';
import { connectClient } from '../temporal/connect.ts';
import { askDecision } from '../temporal/promotion-requests.ts';
import { ingestId, promoteId, retrainId, taskQueues } from '../workflows/ids.ts';
import type { RetrainResult } from '../workflows/types.ts';
import { startWorkerProcess, type WorkerProcess } from './processes/worker-process.ts';
import { anchorMs, market } from './support/candles.ts';
import { until } from './support/until.ts';
import { testTemporal } from './temporal-server.ts';

const temporal = testTemporal(import.meta.url);
const series = 'binance:BTC/USDT:1m';
const patienceMs = 60_000;

let home: string;
let simulator: Simulator;
let client: Client;
let env: Record<string, string>;
const workers: WorkerProcess[] = [];

beforeEach(async () => {
  home = mkdtempSync(path.join(tmpdir(), 'autotrain-deploy-'));
  simulator = await startSimulator({ source: market, clock: createClock({ startMs: anchorMs }) });
  client = await connectClient({ address: temporal.address, namespace: temporal.namespace });
  env = {
    ...{ STATE_DIR: home, DATA_DIR: path.join(home, 'ml'), MODELS_DIR: path.join(home, 'models') },
    ...{ TEMPORAL_ADDRESS: temporal.address, TEMPORAL_NAMESPACE: temporal.namespace },
    ...{ EXCHANGE_URL: simulator.url, START_TS: String(anchorMs - 600 * 60_000), SLEEP_MS: '0' },
    ...{ SYMBOLS: 'BTC/USDT', TIMEFRAME: '1m', EXACTLY_ONCE: 'false', AUTO_PROMOTE: 'false' },
    ...{ HMM_STATES: '2', HMM_COVARIANCE: 'diag', TRAIN_MIN_POINTS: '300', PROMOTION_MIN_CANDLES: '10' },
  };
});
afterEach(async () => {
  await Promise.all(workers.splice(0).map((worker) => worker.kill()));
  await simulator.close();
  await client.connection.close();
  rmSync(home, { recursive: true, force: true });
});

/** A worker of this version; new runs are its own from now on. */
const deploy = async (buildId: string): Promise<void> => {
  workers.push(await startWorkerProcess({ ...env, WORKER_BUILD_ID: buildId }));
  const { namespace } = temporal;
  const current = { namespace, deploymentName: 'autotrain', buildId, identity: 'test' };
  await until(
    'the server knows the version on both queues',
    () =>
      client.workflowService.setWorkerDeploymentCurrentVersion(current).then(
        () => true,
        () => false,
      ),
    patienceMs,
  );
};

const retrain = async (): Promise<RetrainResult> => {
  const run = { workflowId: retrainId, taskQueue: taskQueues.train, args: [{}] };
  return (await client.workflow.execute('retrain', run)) as RetrainResult;
};

const versionOf = async (workflowId: string): Promise<unknown> => {
  const { raw } = await client.workflow.getHandle(workflowId).describe();
  return raw.workflowExecutionInfo?.versioningInfo?.deploymentVersion?.buildId;
};

it('with WORKER_BUILD_ID a run ends on the version that it began on, and later ones run on the new one', async () => {
  await deploy('one');
  const ingest = { taskQueue: taskQueues.ingest, args: [{ series, until: 'now' }] };
  await client.workflow.execute('ingest', { workflowId: ingestId(series), ...ingest });
  const { version_id: versionId, message } = await retrain();
  expect(message).toBe('awaiting approval');
  expect(await versionOf(promoteId)).toBe('one');

  await deploy('two');
  const approval = {
    kind: 'approve',
    versionId,
    actor: 'test',
    reason: 'good',
    requestId: 'approve',
  } as const;
  expect(await askDecision(client, approval)).toMatchObject({ versionId, kind: 'promote' });
  expect(await versionOf(promoteId)).toBe('one');
  expect((await retrain()).message).toBe('no new data');
  expect(await versionOf(retrainId)).toBe('two');
}, 240_000);
