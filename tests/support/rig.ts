import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import {
  bundleWorkflowCode,
  DefaultLogger,
  NativeConnection,
  Runtime,
  Worker,
  type WorkerOptions,
} from '@temporalio/worker';
import { type Config, loadConfig } from '../../config.ts';
import type { CrashPoint } from '../../ledger/crash-points.ts';
import { type Ledger, openLedger } from '../../ledger/open.ts';
import { type Series, seriesKey } from '../../series.ts';
import { connectClient } from '../../temporal/connect.ts';
import { connectionOptions } from '../../temporal/connection-options.ts';
import { bundleOptionsOf, dataConverterOf } from '../../temporal/data-converter.ts';
import { ensureSearchAttributes } from '../../temporal/search-attributes.ts';
import { createTrainingClient } from '../../temporal/training-client.ts';
import { connectExchange, ingestDeps, trainDeps } from '../../workers/deps.ts';
import { ingestWorker, trainWorker, workflowsPath } from '../../workers/roles.ts';
import type { TestTemporal } from '../temporal-server.ts';
import { landPage } from './candles.ts';
import { type Trainer, trainHere } from './trainers.ts';

const snapshotThread = new URL('../snapshot-thread.mjs', import.meta.url);

Runtime.install({ logger: new DefaultLogger('ERROR') });

/** Small enough that a real fit takes some tens of milliseconds. Sliding mode, unless a test is about strict mode. */
const quick = {
  EXACTLY_ONCE: 'false',
  TIMEFRAME: '1m',
  HMM_STATES: '2',
  HMM_COVARIANCE: 'diag',
  TRAIN_MIN_POINTS: '300',
  PROMOTION_MIN_CANDLES: '10',
  SLEEP_MS: '0',
  LOG_LEVEL: 'error',
};

export interface RigOptions {
  readonly settings?: Readonly<Record<string, string>>;
  readonly trainer?: Trainer;
  /** Shorter than the settings allow, for tests that wait for its end. */
  readonly leaseMs?: number;
  /** Shorter than a worker's, for tests of what the exchange removes. */
  readonly secondLookMs?: number;
  /** Sees every give-back before it happens. */
  readonly onGiveBack?: () => void;
  /** Passes the named points between the steps of the train role; what it throws fails the step. */
  readonly crash?: CrashPoint;
}

export type Rig = Awaited<ReturnType<typeof openRig>>;

/** A ledger, a registry and workers on directories of their own, in this process, against the tests' Temporal server. */
export const openRig = async (temporal: TestTemporal, options: RigOptions = {}) => {
  const home = realpathSync(mkdtempSync(path.join(tmpdir(), 'autotrain-rig-')));
  const env = {
    ...quick,
    STATE_DIR: home,
    DATA_DIR: path.join(home, 'ml'),
    MODELS_DIR: path.join(home, 'models'),
    TEMPORAL_ADDRESS: temporal.address,
    TEMPORAL_NAMESPACE: temporal.namespace,
    ...options.settings,
  };
  const config = loadConfig(env);
  const ledger = openLedger({ path: config.paths.ledgerFile, domain: config.domain });
  const client = await connectClient(config.temporal);
  await ensureSearchAttributes(client, temporal.namespace);
  const native = await NativeConnection.connect(connectionOptions(config.temporal));
  const place = { connection: native, ...temporal, ...(await bundleFor(config, temporal)) };
  const started: { worker: Worker; ended: Promise<void> }[] = [];

  const start = async (worker: WorkerOptions): Promise<void> => {
    const made = await Worker.create({ ...worker, shutdownGraceTime: '100 milliseconds' });
    started.push({ worker: made, ended: made.run() });
  };
  const startTrain = (trainer: Trainer = options.trainer ?? trainHere): Promise<void> =>
    start(trainWorker(place, trainRole(config, { ledger, client, trainer }, options)));
  const startIngest = async (): Promise<void> => {
    const deps = ingestDeps(config, ledger, await connectExchange(config));
    const { secondLookMs = deps.secondLookMs } = options;
    await start(ingestWorker(place, { ...deps, secondLookMs }));
  };
  const stopWorkers = async (): Promise<void> => {
    const all = started.splice(0);
    for (const { worker } of all) worker.shutdown();
    await Promise.all(all.map(({ ended }) => ended));
  };

  return {
    ...{ home, env, config, ledger, client, startTrain, startIngest, stopWorkers },
    training: createTrainingClient({
      ...{ client, ledger },
      series: config.series.map(seriesKey),
      defaultStates: config.training.nStates,
      exactlyOnce: config.training.exactlyOnce,
      ui: config.temporal,
    }),
    /** One file of `count` candles for each series, or for the one that is named. */
    land: (count: number, only?: string) =>
      config.series
        .filter((series: Series) => only === undefined || seriesKey(series) === only)
        .forEach((series) => landPage({ ledger, dataDir: config.paths.dataDir }, series, count)),
    close: async () => {
      await endAll(client);
      await stopWorkers();
      await Promise.all([native.close(), client.connection.close()]);
      ledger.close();
      rmSync(home, { recursive: true, force: true });
    },
  };
};

/** The bundle of all tests holds no converter; one that encrypts needs its own. */
const bundleFor = async ({ temporal: { payloadKeys } }: Config, { workflowBundle }: TestTemporal) => {
  const dataConverter = dataConverterOf(payloadKeys);
  if (payloadKeys.length === 0) return { workflowBundle, dataConverter };
  const logger = new DefaultLogger('ERROR');
  const options = { workflowsPath, logger, ...bundleOptionsOf(dataConverter) };
  return { workflowBundle: await bundleWorkflowCode(options), dataConverter };
};

const trainRole = (
  config: Config,
  parts: { ledger: Ledger; client: Client; trainer: Trainer },
  { leaseMs, onGiveBack, crash }: RigOptions,
) => {
  const { ledger } = parts;
  const giveBack: Ledger['giveBack'] = (request) => {
    onGiveBack?.();
    return ledger.giveBack(request);
  };
  const deps = trainDeps(config, {
    ...parts,
    ledger: { ...ledger, giveBack },
    codeVersion: 'test',
    snapshotThread,
    ...(crash ? { crash } : {}),
  });
  return leaseMs === undefined ? deps : { ...deps, leaseMs };
};

/** Ids are fixed, so what one test leaves running would be joined by the next. */
const endAll = async (client: Client): Promise<void> => {
  for await (const { workflowId, runId } of client.workflow.list({ query: 'ExecutionStatus="Running"' })) {
    await client.workflow
      .getHandle(workflowId, runId)
      .terminate('the test is over')
      .catch((error: unknown) => {
        if (!(error instanceof WorkflowNotFoundError)) throw error;
      });
  }
};
