import {
  NativeConnection,
  Runtime,
  Worker,
  type WorkerOptions,
  type WorkflowBundleOption,
} from '@temporalio/worker';
import type { Logger } from 'pino';
import { codeVersion } from '../code-version.ts';
import type { Config } from '../config.ts';
import type { CrashPoint } from '../ledger/crash-points.ts';
import { holdState } from '../ledger/in-use.ts';
import { type Ledger, openLedger } from '../ledger/open.ts';
import { reconcileCurrent } from '../registry/reconcile.ts';
import { connectClient } from '../temporal/connect.ts';
import { connectionOptions } from '../temporal/connection-options.ts';
import { bundleOptionsOf, dataConverterOf } from '../temporal/data-converter.ts';
import { connectExchange, ingestDeps, trainDeps } from './deps.ts';
import { exitWithParent } from './exit-with-parent.ts';
import { createLog, temporalLogger } from './log.ts';
import { observeActivities } from './observe/activities.ts';
import { type Observation, openObservation } from './observe/open.ts';
import { observedTrainer } from './observe/trainer.ts';
import { noteStart, prepareNamespace, prepareSchedules } from './prepare.ts';
import { ingestWorker, type Place, trainWorker, versioned } from './roles.ts';
import { createTrainer } from './trainer.ts';
import { workflowBundleOf } from './workflow-bundle.ts';

export type Role = 'ingest' | 'train';

export interface WorkerRun {
  readonly roles: readonly Role[];
  /** False for a run that starts nothing by itself. */
  readonly schedules: boolean;
  /** Named points between steps; only tests give one. */
  readonly crash?: CrashPoint;
  /** The ledger that the work goes through instead of the one that was opened; only tests give one. */
  readonly through?: (ledger: Ledger) => Ledger;
  /** Made beforehand; the workflows' own when left out. */
  readonly workflowBundle?: WorkflowBundleOption;
}

const optionsOf = async (
  config: Config,
  place: Place,
  { ledger, observation }: { readonly ledger: Ledger; readonly observation: Observation },
  { roles, crash }: WorkerRun,
) => {
  const parts = { ledger, codeVersion: codeVersion(), ...(crash ? { crash } : {}) };
  const options: WorkerOptions[] = [];
  if (roles.includes('ingest')) {
    options.push(ingestWorker(place, ingestDeps(config, ledger, await connectExchange(config), crash)));
  }
  if (roles.includes('train')) {
    const client = await connectClient(config.temporal, { ...observation.tracing });
    const trainer = observedTrainer(createTrainer({ threads: config.training.threads }), observation.metrics);
    options.push(trainWorker(place, trainDeps(config, { ...parts, client, trainer })));
  }
  return options;
};

/** Gives how to stop what goes on beside the work. */
const prepare = async (
  config: Config,
  ledger: Ledger,
  schedules: boolean,
  log: Logger,
): Promise<() => Promise<void>> => {
  const gone = noteStart(config, ledger, log);
  const client = await connectClient(config.temporal);
  await prepareNamespace(client, config, log);
  return schedules ? await prepareSchedules(client, config, { ledger, gone, log }) : async () => undefined;
};

/** RUNNING, or on the way there or out, by task queue. */
const statesOf = (workers: readonly Worker[]): Readonly<Record<string, string>> =>
  Object.fromEntries(workers.map((worker) => [worker.options.taskQueue, worker.getState()]));

/** Runs the worker of these settings until it is told to stop; what it was doing is finished or handed back first. */
export const runWorker = async (config: Config, run: WorkerRun): Promise<void> => {
  const { roles, schedules } = run;
  const log = createLog(config.logLevel, `worker:${roles.join('+')}`);
  const logger = temporalLogger(log);
  const observation = await openObservation(config, roles);
  Runtime.install({ logger, ...observation.runtime });
  const release = holdState(config.paths.ledgerFile);
  const crash = run.crash ? { crash: run.crash } : {};
  const opened = openLedger({
    ...{ path: config.paths.ledgerFile, domain: config.domain, older: config },
    ...crash,
  });
  const ledger = run.through?.(opened) ?? opened;
  const link = reconcileCurrent({ ledger, modelsDir: config.paths.modelsDir, ...crash });
  log.info({ link }, 'the link of the champion agrees with the ledger');
  const stopLooking = await prepare(config, ledger, schedules, log);
  const dataConverter = dataConverterOf(config.temporal.payloadKeys);
  const workflowBundle =
    run.workflowBundle ??
    (await workflowBundleOf({ ...bundleOptionsOf(dataConverter), ...observation.traced.bundle }, logger));
  const connection = await NativeConnection.connect(connectionOptions(config.temporal));
  const { metrics, traced } = observation;
  const around = {
    interceptors: { activity: [observeActivities({ metrics, log }), ...traced.activity] },
    sinks: traced.sinks,
    ...versioned(config.worker.buildId),
  };
  const place = { connection, namespace: config.temporal.namespace, workflowBundle, dataConverter, around };
  const options = await optionsOf(config, place, { ledger, observation }, run);
  const workers = await Promise.all(options.map((one) => Worker.create(one)));
  exitWithParent(() => workers.forEach((worker) => worker.shutdown()));
  const served = await observation.serve(() => statesOf(workers));
  log.info({ queues: options.map(({ taskQueue }) => taskQueue), metrics: served.url }, 'polling');
  process.send?.({ type: 'ready', ...(served.url === undefined ? {} : { metricsUrl: served.url }) });
  await Promise.all(workers.map((worker) => worker.run()));
  // A look that is under way may wait for a server that is away; nobody waits for it.
  void stopLooking();
  await served.stop();
  await observation.tracing?.stop();
  await connection.close();
  ledger.close();
  release();
};
