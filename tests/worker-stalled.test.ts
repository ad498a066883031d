/**
 * A worker that stands still for longer than its lease, while another one does its work, and then wakes up. Their times
 * of day are ten hours apart, so nothing here can come from comparing them.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { WorkflowHandle } from '@temporalio/client';
import { afterEach, describe, expect, it } from 'vitest';
import { startSimulation } from '../cli/embedded/simulator.ts';
import { loadConfig } from '../config.ts';
import { failureOf } from '../temporal/failure-of.ts';
import { ingestId, janitorId, retrainId, taskQueues } from '../workflows/ids.ts';
import type { RetrainResult, SweepResult } from '../workflows/types.ts';
import { startWorkerProcess, type WorkerProcess } from './processes/worker-process.ts';
import { openLine } from './support/cut-line.ts';
import { everythingStored } from './support/everything-stored.ts';
import { untilIteration } from './support/heartbeats.ts';
import { openRig, type Rig } from './support/rig.ts';
import { until } from './support/until.ts';
import { testTemporal } from './temporal-server.ts';

const temporal = testTemporal(import.meta.url);
const leaseMs = 5_000;
const hourMs = 3_600_000;
const settings = {
  SYMBOLS: 'BTC/USDT',
  EXACTLY_ONCE: 'true',
  LEASE_MS: String(leaseMs),
  DELETE_AFTER_PROCESS: 'false',
};
const skewedDate = new URL('./support/skewed-date.mjs', import.meta.url);

let rig: Rig;
let workers: WorkerProcess[] = [];
let after: (() => unknown)[] = [];

afterEach(async () => {
  await Promise.all(workers.map((worker) => worker.kill()));
  await rig.close();
  for (const undo of after) await undo();
  workers = [];
  after = [];
});

const skew = (hours: number): Record<string, string> => {
  const folder = mkdtempSync(path.join(tmpdir(), 'autotrain-skew-'));
  after.push(() => rmSync(folder, { recursive: true }));
  const file = path.join(folder, 'skew');
  writeFileSync(file, String(hours * hourMs));
  return { NODE_OPTIONS: `--import ${skewedDate.href}`, SKEW_FILE: file };
};

const startWorker = async (hoursOff: number, env: Readonly<Record<string, string>> = {}) => {
  const said: string[] = [];
  const line = await openLine(temporal.address);
  after.push(line.close);
  const all = { ...rig.env, ...skew(hoursOff), LOG_LEVEL: 'warn', TEMPORAL_ADDRESS: line.address, ...env };
  const worker = await startWorkerProcess(all, undefined, (text) => said.push(text));
  workers.push(worker);
  return {
    said: () => said.join(''),
    stop: () => void worker.child.kill('SIGSTOP'),
    wake: () => void worker.child.kill('SIGCONT'),
    /** Waits until it stands still, and the server no longer hands it tasks. */
    stopped: async () => {
      await until('it stands still', () => stateOf(worker).startsWith('T'), 60_000);
      line.cut();
    },
    isAwake: () => !stateOf(worker).startsWith('T'),
  };
};

const stateOf = ({ child }: WorkerProcess): string =>
  execFileSync('ps', ['-o', 'state=', '-p', String(child.pid)], { encoding: 'utf8' }).trim();

const startRetrain = (): Promise<WorkflowHandle> =>
  rig.client.workflow.start('retrain', { workflowId: retrainId, taskQueue: taskQueues.train, args: [{}] });

const sweep = (): Promise<SweepResult> =>
  rig.client.workflow.execute('janitor', { workflowId: janitorId, taskQueue: taskQueues.train, args: [] });

const lease = (): number | undefined => rig.ledger.openClaims()[0]?.leaseUntil;

/**
 * The files of the stalled run come back, its next attempt is fenced, and another retrain trains them. By the sweep, or,
 * where the other worker was slow to start, by the compensation of the run itself: its next attempt came first.
 */
const retrainedByAnother = async (stalled: WorkflowHandle): Promise<RetrainResult> => {
  const files = rig.ledger.fileCounts().processing;
  await until(
    'the files came back',
    async () => {
      await sweep();
      return rig.ledger.fileCounts().processing === 0;
    },
    60_000,
  );
  expect(rig.ledger.fileCounts().downloaded).toBe(files);
  const failed = await stalled.result().then(
    () => 'none',
    (error: unknown) => failureOf(error).type,
  );
  expect(failed).toBe('Fenced');
  const result = (await (await startRetrain()).result()) as RetrainResult;
  expect(result.metadata.claimed_files).toBe(files);
  return result;
};

const expectOneVersion = ({ version_id }: RetrainResult): void => {
  expect(rig.ledger.versions({ limit: 9 }).map(({ versionId }) => versionId)).toEqual([version_id]);
  expect(rig.ledger.champion()?.versionId).toBe(version_id);
  expect(rig.ledger.lineages().every(({ headVersionId }) => headVersionId === version_id)).toBe(true);
  const { processing, downloaded } = rig.ledger.fileCounts();
  expect(processing + downloaded).toBe(0);
};

describe('a worker that wakes up after its lease', () => {
  it('in the middle of training: it changes nothing, and its failure says that it was fenced', async () => {
    const slow = { EXACTLY_ONCE: 'false', HMM_COVARIANCE: 'full' };
    rig = await openRig(temporal, { settings: { ...settings, ...slow } });
    rig.land(9_000);
    rig.land(9_000);
    const sleeper = await startWorker(5, { HMM_STATES: '12' });
    const handle = await startRetrain();
    await untilIteration(handle, 1);
    const first = lease();
    await until('the lease was renewed', () => (lease() ?? 0) > (first ?? 0));
    sleeper.stop();
    await sleeper.stopped();
    const last = lease();
    await startWorker(-5, { HMM_STATES: '2' });
    // Not renewed; over already where the other worker was slow to start.
    expect([last, undefined]).toContain(lease());
    const result = await retrainedByAnother(handle);
    const before = everythingStored(rig.config.paths);
    sleeper.wake();
    await until('it says that it was fenced', () => sleeper.said().includes('Fenced'), 60_000);
    expect(everythingStored(rig.config.paths)).toEqual(before);
    expectOneVersion(result);
  }, 180_000);

  it('between the directory of its version and the commit: the same', async () => {
    rig = await openRig(temporal, { settings });
    rig.land(400);
    const sleeper = await startWorker(-5, { STOP_AT: 'version:renamed' });
    const handle = await startRetrain();
    await sleeper.stopped();
    await startWorker(5);
    const result = await retrainedByAnother(handle);
    const before = everythingStored(rig.config.paths);
    sleeper.wake();
    await until('it says that it was fenced', () => sleeper.said().includes('Fenced'), 60_000);
    expect(everythingStored(rig.config.paths)).toEqual(before);
    expectOneVersion(result);
  }, 180_000);

  it('between a CSV and its registration: the winner keeps its file, the watermark and every row', async () => {
    rig = await openRig(temporal, { settings: { ...settings, BATCH_LIMIT: '300' } });
    const simulator = await startSimulation(loadConfig({ ...rig.env, START_TS: undefined }));
    after.push(() => simulator.close());
    const series = 'binance:BTC/USDT:1m';
    const start = () =>
      rig.client.workflow.start('ingest', {
        workflowId: ingestId(series),
        taskQueue: taskQueues.ingest,
        args: [{ series, until: 'chunk' }],
      });
    const env = { EXCHANGE_URL: simulator.url };
    const sleeper = await startWorker(5, { ...env, STOP_AT: 'file:unregistered' });
    const handle = await start();
    await sleeper.stopped();
    await handle.terminate('an operator starts it again');
    await startWorker(-5, env);
    expect(await (await start()).result()).toMatchObject({ downloaded: 300 });
    const before = everythingStored(rig.config.paths);
    expect(Object.keys(before.candles)).toHaveLength(1);
    sleeper.wake();
    await until('it runs again', sleeper.isAwake);
    expect(await (await start()).result()).toMatchObject({ downloaded: 300 });
    const later = everythingStored(rig.config.paths);
    expect(later.candles).toMatchObject(before.candles);
    expect(rig.ledger.files({ limit: 9 }).map(({ bars }) => bars)).toEqual([300, 300]);
  }, 180_000);
});
