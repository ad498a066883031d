/** A worker process: `--roles ingest,train` (both unless said), `--no-schedules` for a run that starts nothing by itself. */
import { parseArgs } from 'node:util';
import {
  bundleWorkflowCode,
  NativeConnection,
  Runtime,
  Worker,
  type WorkerOptions,
} from '@temporalio/worker';
import type { Logger } from 'pino';
import { codeVersion } from '../code-version.ts';
import { type Config, loadConfig } from '../config.ts';
import { type Ledger, openLedger } from '../ledger/open.ts';
import { reconcileCurrent } from '../registry/reconcile.ts';
import { seriesKey } from '../series.ts';
import { connectClient } from '../temporal/connect.ts';
import { applySchedules } from '../temporal/schedules.ts';
import { ensureSearchAttributes } from '../temporal/search-attributes.ts';
import { connectExchange, ingestDeps, trainDeps } from './deps.ts';
import { exitWithParent } from './exit-with-parent.ts';
import { createLog, temporalLogger } from './log.ts';
import { ingestWorker, type Place, trainWorker, workflowsPath } from './roles.ts';
import { createTrainer } from './trainer.ts';

const isRole = (text: string): text is 'ingest' | 'train' => text === 'ingest' || text === 'train';

const readArguments = () => {
  const { values } = parseArgs({
    options: {
      roles: { type: 'string', default: 'ingest,train' },
      'no-schedules': { type: 'boolean', default: false },
    },
  });
  const roles = values.roles.split(',');
  const wrong = roles.find((role) => !isRole(role));
  if (wrong !== undefined) throw new Error(`--roles ${wrong}: allowed are ingest and train, comma-separated`);
  return { roles: roles.filter(isRole), schedules: !values['no-schedules'] };
};

const optionsOf = async (config: Config, place: Place, ledger: Ledger, roles: readonly string[]) => {
  const options: WorkerOptions[] = [];
  if (roles.includes('ingest')) {
    options.push(ingestWorker(place, ingestDeps(config, ledger, await connectExchange(config))));
  }
  if (roles.includes('train')) {
    const client = await connectClient(config.temporal);
    const trainer = createTrainer({ threads: config.training.threads });
    options.push(
      trainWorker(place, trainDeps(config, { ledger, client, trainer, codeVersion: codeVersion() })),
    );
  }
  return options;
};

const prepareServer = async (config: Config, schedules: boolean, log: Logger): Promise<void> => {
  const client = await connectClient(config.temporal);
  await ensureSearchAttributes(client, config.temporal.namespace);
  if (!schedules) return;
  const changes = await applySchedules(client, {
    series: config.series.map(seriesKey),
    ingestCron: config.schedules.ingestCron,
    retrainCron: config.schedules.retrainCron,
    janitorEveryMs: Math.max(5_000, config.training.leaseMs / 2),
  });
  log.info({ changes }, 'schedules applied');
};

const main = async (): Promise<void> => {
  const { roles, schedules } = readArguments();
  const config = loadConfig(process.env);
  const log = createLog(config.logLevel, `worker:${roles.join('+')}`);
  const logger = temporalLogger(log);
  Runtime.install({ logger });
  const ledger = openLedger({ path: config.paths.ledgerFile, domain: config.domain });
  const link = reconcileCurrent({ ledger, modelsDir: config.paths.modelsDir });
  log.info({ link }, 'the link of the champion agrees with the ledger');
  await prepareServer(config, schedules, log);
  const workflowBundle = await bundleWorkflowCode({ workflowsPath, logger });
  const connection = await NativeConnection.connect({ address: config.temporal.address });
  const place = { connection, namespace: config.temporal.namespace, workflowBundle };
  const options = await optionsOf(config, place, ledger, roles);
  const workers = await Promise.all(options.map((one) => Worker.create(one)));
  exitWithParent(() => workers.forEach((worker) => worker.shutdown()));
  log.info({ queues: options.map(({ taskQueue }) => taskQueue) }, 'polling');
  process.send?.({ type: 'ready' });
  await Promise.all(workers.map((worker) => worker.run()));
  await connection.close();
  ledger.close();
};

await main().then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(error instanceof Error ? `worker: ${error.stack ?? error.message}` : error);
    process.exit(1);
  },
);
