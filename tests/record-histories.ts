/**
 * Records a history of each thing that a workflow can do into tests/histories/: `npx tsx tests/record-histories.ts`, with
 * the names of groups (such as `pooled`) those only, and the others stay.
 * Record again only when a workflow changed in a way that no open run can meet; else `patched()` keeps the old ones valid.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Client, WorkflowHandle, WorkflowHandleWithFirstExecutionRunId } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { startSimulator } from '../exchange/simulator/server.ts';
import type { CrashPointName } from '../ledger/crash-points.ts';
import { setup } from '../scripts/setup.mjs';
import { askDecision } from '../temporal/promotion-requests.ts';
import { workflowsPath } from '../workers/roles.ts';
import {
  auditId,
  ingestId,
  janitorId,
  promoteId,
  retrainId,
  snapshotId,
  taskQueues,
  watchId,
} from '../workflows/ids.ts';
import type { TickRequest } from '../workflows/types.ts';
import { startServer } from './server-process.ts';
import { anchorMs, market } from './support/candles.ts';
import { resetAfterClaim } from './support/history.ts';
import { forgetHistories, saveHistory } from './support/history-files.ts';
import { openRig, type Rig, type RigOptions } from './support/rig.ts';
import { startShortHistoryServer } from './support/short-history.ts';
import { heldTrainer, trainAndPass, trainerThatThrows } from './support/trainers.ts';
import { until } from './support/until.ts';
import type { TestTemporal } from './temporal-server.ts';

const btc = 'binance:BTC/USDT:1m';
const eth = 'binance:ETH/USDT:1m';

type Start = (client: Client) => Promise<WorkflowHandleWithFirstExecutionRunId>;

const retrain =
  (request: { promote?: boolean } = {}): Start =>
  (client) =>
    client.workflow.start('retrain', { workflowId: retrainId, taskQueue: taskQueues.train, args: [request] });

const ingest =
  (series: string, pagesPerRun = 500): Start =>
  (client) =>
    client.workflow.start('ingest', {
      workflowId: ingestId(series),
      taskQueue: taskQueues.ingest,
      args: [{ series, until: 'now', pagesPerRun }],
    });

const janitor: Start = (client) =>
  client.workflow.start('janitor', { workflowId: janitorId, taskQueue: taskQueues.train, args: [] });

const audit: Start = (client) =>
  client.workflow.start('audit', {
    workflowId: auditId,
    taskQueue: taskQueues.ingest,
    args: [{ series: [btc, eth] }],
  });

const tick: Start = (client) => {
  const request: TickRequest = { workflow: 'retrain', workflowId: retrainId, args: [{}], summary: 'Retrain' };
  return client.workflow.start('tick', { workflowId: 'tick', taskQueue: taskQueues.train, args: [request] });
};

/** However it ended: failures are recorded too. */
const over = (handle: WorkflowHandle): Promise<unknown> => handle.result().catch(() => undefined);

const record = async (name: string, handle: WorkflowHandle): Promise<void> => {
  await over(handle);
  await saveHistory(name, handle);
};

const startedAndRecorded = async (name: string, { client }: Rig, start: Start): Promise<void> =>
  record(name, await start(client));

const withRig = async (
  temporal: TestTemporal,
  options: RigOptions,
  work: (rig: Rig) => Promise<void>,
): Promise<void> => {
  const rig = await openRig(temporal, options);
  try {
    await work(rig);
  } finally {
    await rig.close();
  }
};

const recordIngest = async (temporal: TestTemporal): Promise<void> => {
  const simulator = await startSimulator({ source: market });
  const settings = {
    EXCHANGE_URL: simulator.url,
    START_TS: String(anchorMs - 100 * 60_000),
    BATCH_LIMIT: '40',
    SYMBOLS: 'BTC/USDT,ETH/USDT',
  };
  await withRig(temporal, { settings }, async (rig) => {
    await rig.startIngest();
    const first = await ingest(btc, 2)(rig.client);
    await over(first);
    const { runId } = await first.describe();
    const runOf = (id: string) => rig.client.workflow.getHandle(first.workflowId, id);
    await saveHistory('ingest-continued-as-new', runOf(first.firstExecutionRunId));
    await saveHistory('ingest-after-continue-as-new', runOf(runId));
    simulator.faults.add({ kind: 'rate-limit', path: '/klines', symbol: 'ETHUSDT' });
    await startedAndRecorded('ingest-rate-limited', rig, ingest(eth));
    await startedAndRecorded('ingest-unknown-symbol', rig, ingest('binance:NOPE/USDT:1m'));
  });
  await simulator.close();
};

/** What the exchange changed: in the newest candles, and in older ones that only the audit sees. */
const recordCorrections = async (temporal: TestTemporal): Promise<void> => {
  const simulator = await startSimulator({ source: market });
  const settings = {
    EXCHANGE_URL: simulator.url,
    START_TS: String(anchorMs - 400 * 60_000),
    SYMBOLS: 'BTC/USDT,ETH/USDT',
  };
  await withRig(temporal, { settings, secondLookMs: 0 }, async (rig) => {
    await rig.startIngest();
    await over(await ingest(btc)(rig.client));
    const at = (minutesAgo: number): number => anchorMs - minutesAgo * 60_000;
    simulator.edits.apply({ symbol: 'BTCUSDT', timeframe: '1m', remove: [at(20), at(200)] });
    await startedAndRecorded('ingest-suspected-removal', rig, ingest(btc));
    await startedAndRecorded('ingest-corrected', rig, ingest(btc));
    await startedAndRecorded('audit-corrected', rig, audit);
    simulator.faults.add({ kind: 'error-json', path: '/klines', times: 2 });
    await startedAndRecorded('audit-unanswered', rig, audit);
  });
  await simulator.close();
};

const recordRetrain = async (temporal: TestTemporal): Promise<void> => {
  await withRig(temporal, { trainer: trainAndPass }, async (rig) => {
    await rig.startTrain();
    rig.land(10);
    await startedAndRecorded('retrain-not-enough-data', rig, retrain());
    rig.land(300);
    await startedAndRecorded('retrain-promoted', rig, retrain());
    await record('promote-by-retrain', rig.client.workflow.getHandle(promoteId));
    await startedAndRecorded('retrain-nothing-new', rig, retrain());
    rig.land(300);
    await startedAndRecorded('retrain-not-promoted', rig, retrain({ promote: false }));
    await startedAndRecorded('janitor', rig, janitor);
  });
  let call = 0;
  const once: typeof trainAndPass = {
    ...trainAndPass,
    train: (job, options) => (call++ === 0 ? trainerThatThrows('no') : trainAndPass).train(job, options),
  };
  await withRig(temporal, { trainer: once }, async (rig) => {
    await rig.startTrain();
    rig.land(300);
    await startedAndRecorded('retrain-one-series-failed', rig, retrain());
  });
  await withRig(temporal, { trainer: trainerThatThrows('no') }, async (rig) => {
    await rig.startTrain();
    rig.land(300);
    await startedAndRecorded('retrain-failed-and-gave-back', rig, retrain());
  });
};

/** One series fails, the other is merely too short: each is given back for its own reason. */
const recordBlame = (temporal: TestTemporal): Promise<void> =>
  withRig(temporal, { trainer: trainerThatThrows('no') }, async (rig) => {
    await rig.startTrain();
    rig.land(300, btc);
    rig.land(10, eth);
    await startedAndRecorded('retrain-one-failed-one-short-and-gave-back', rig, retrain());
  });

const recordInterrupted = async (temporal: TestTemporal): Promise<void> => {
  const held = heldTrainer();
  await withRig(temporal, { trainer: held.trainer }, async (rig) => {
    await rig.startTrain();
    rig.land(300);
    const cancelled = await retrain()(rig.client);
    await until('it trains', () => held.calls.length === 2);
    await cancelled.cancel();
    await record('retrain-cancelled-and-gave-back', cancelled);
    const reset = await retrain()(rig.client);
    await until('it trains again', () => held.calls.length === 4);
    const runId = await resetAfterClaim(rig.client, reset);
    await until('the new run trains', () => held.calls.length === 6);
    await startedAndRecorded('tick-already-running', rig, tick);
    held.releaseAll();
    await record('retrain-reset', rig.client.workflow.getHandle(retrainId, runId));
    await startedAndRecorded('tick-started', rig, tick);
    await over(rig.client.workflow.getHandle(retrainId));
  });
};

const recordApproval = (temporal: TestTemporal): Promise<void> =>
  withRig(temporal, { settings: { AUTO_PROMOTE: 'false' }, trainer: trainAndPass }, async (rig) => {
    await rig.startTrain();
    const decide = (requestId: string, kind: 'approve' | 'rollback') =>
      askDecision(rig.client, { kind, requestId, actor: 'a person', reason: 'recorded' }).catch(
        () => undefined,
      );
    const promotion = () => rig.client.workflow.getHandle(promoteId);
    await decide('too-early', 'approve');
    await record('promote-refused', promotion());
    rig.land(300);
    await startedAndRecorded('retrain-awaiting-approval', rig, retrain());
    rig.land(300);
    await over(await retrain()(rig.client));
    await decide('approval', 'approve');
    await record('promote-superseded-and-approved', promotion());
    await decide('no-predecessor', 'rollback');
    await record('promote-rollback-refused', promotion());
  });

/** The run of a version that waits, on a server that wants short histories. */
const recordContinued = async (temporal: TestTemporal): Promise<void> => {
  const server = await startShortHistoryServer(temporal.namespace);
  const settings = { AUTO_PROMOTE: 'false' };
  await withRig(
    { ...temporal, address: server.address },
    { settings, trainer: trainAndPass },
    async (rig) => {
      await rig.startTrain();
      rig.land(300);
      await over(await retrain()(rig.client));
      const promotion = (runId?: string) => rig.client.workflow.getHandle(promoteId, runId);
      const { runId } = await promotion().describe();
      const decide = (requestId: string, versionId?: string) =>
        askDecision(rig.client, {
          ...{ kind: 'approve', requestId, actor: 'a person', reason: 'recorded' },
          ...(versionId === undefined ? {} : { versionId }),
        } as const).catch(() => undefined);
      let asked = 0;
      await until('it has continued as new', async () => {
        await decide(`wrong-${++asked}`, '20240101T000000Z__hmm2__00000000');
        return (await promotion().describe()).runId !== runId;
      });
      await saveHistory('promote-continued-as-new', promotion(runId));
      await decide('approval');
      await record('promote-after-continue-as-new', promotion());
    },
  );
  await server.stop();
};

/** Behind its commit: what is not archived, and what is not promoted. `retrain-older-code-and-gave-back` is of code that failed the run for the former. */
const recordStored = async (temporal: TestTemporal): Promise<void> => {
  const failing = (point: CrashPointName): RigOptions => ({
    trainer: trainAndPass,
    crash: (passed) => {
      if (passed === point) throw ApplicationFailure.nonRetryable('recorded', 'StorageUnavailable');
    },
  });
  const points = { 'archive:written': 'not-archived', 'link:tmp': 'promotion-failed' } as const;
  for (const [point, name] of Object.entries(points))
    await withRig(temporal, failing(point as CrashPointName), async (rig) => {
      await rig.startTrain();
      rig.land(300);
      await startedAndRecorded(`retrain-stored-${name}`, rig, retrain());
    });
};

const recordWatch = (temporal: TestTemporal): Promise<void> =>
  withRig(temporal, { trainer: trainAndPass }, async (rig) => {
    await rig.startTrain();
    await startedAndRecorded('watch', rig, (client) =>
      client.workflow.start('watch', { workflowId: watchId, taskQueue: taskQueues.train, args: [] }),
    );
    rig.ledger.killTraining({ cause: 'recorded', actor: 'a person', reason: 'recorded' });
    rig.land(300);
    await startedAndRecorded('retrain-killed', rig, retrain());
  });

/** One series is too short for the pool: it is left out, and its files are given back. */
const recordPooled = (temporal: TestTemporal): Promise<void> =>
  withRig(temporal, { settings: { MODEL_SCOPE: 'pooled' }, trainer: trainAndPass }, async (rig) => {
    await rig.startTrain();
    rig.land(300);
    await startedAndRecorded('retrain-pooled', rig, retrain());
    rig.land(300, btc);
    rig.land(10, eth);
    await startedAndRecorded('retrain-one-series-not-pooled', rig, retrain());
  });

const snapshot: Start = (client) =>
  client.workflow.start('snapshot', { workflowId: snapshotId, taskQueue: taskQueues.train, args: [] });

/** With a version and its candles, and with a champion that is gone. */
const recordSnapshot = (temporal: TestTemporal): Promise<void> =>
  withRig(temporal, { trainer: trainAndPass }, async (rig) => {
    await rig.startTrain();
    rig.land(300);
    await over(await retrain()(rig.client));
    await startedAndRecorded('snapshot-taken', rig, snapshot);
    rmSync(path.join(rig.config.paths.modelsDir, 'registry'), { recursive: true });
    await startedAndRecorded('snapshot-without-champion', rig, snapshot);
  });

const groups: Readonly<Record<string, (temporal: TestTemporal) => Promise<void>>> = {
  ingest: recordIngest,
  corrections: recordCorrections,
  retrain: recordRetrain,
  blame: recordBlame,
  interrupted: recordInterrupted,
  approval: recordApproval,
  pooled: recordPooled,
  watch: recordWatch,
  snapshot: recordSnapshot,
  continued: recordContinued,
  stored: recordStored,
};

const recordAll = async (temporal: TestTemporal, wanted: readonly string[]): Promise<void> => {
  if (wanted.length === 0) forgetHistories();
  for (const [name, record] of Object.entries(groups))
    if (wanted.length === 0 || wanted.includes(name)) await record(temporal);
};

const home = mkdtempSync(path.join(tmpdir(), 'autotrain-record-'));
const namespace = 'record-histories';
const { temporalPath } = await setup({ build: false, ownServer: true });
const server = await startServer({ program: temporalPath, home, namespaces: [namespace] });
try {
  const { code } = await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('ERROR') });
  await recordAll({ address: server.address, namespace, workflowBundle: { code } }, process.argv.slice(2));
} finally {
  await server.stop();
  rmSync(home, { recursive: true, force: true });
}
