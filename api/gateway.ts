import { dirname } from 'node:path';
import type { Client } from '@temporalio/client';
import { type Config, senderOf } from '../config.ts';
import {
  openControllerThreads,
  type ThreadDeps,
  type ThreadedController,
} from '../controller/thread/client.ts';
import { newestCandles } from '../ledger/candle-store.ts';
import { makeDirectory } from '../ledger/durable-file.ts';
import { holdState } from '../ledger/in-use.ts';
import { type Ledger, openLedger } from '../ledger/open.ts';
import { readVersion } from '../registry/store.ts';
import { seriesKey } from '../series.ts';
import { loadStrategySchemas } from '../strategy_schemas/load.ts';
import { type SchemaWatch, watchStrategySchemas } from '../strategy_schemas/watch.ts';
import { lazyClient } from '../temporal/connect.ts';
import { createPayloadCodec } from '../temporal/payload-codec.ts';
import { openTracing } from '../temporal/tracing.ts';
import { createTrainingClient } from '../temporal/training-client.ts';
import { createApp } from './app.ts';
import { assertSafeToServe } from './auth.ts';
import { keepStoreTidy } from './housekeeping.ts';
import { listen } from './listen.ts';
import { openLive } from './live.ts';
import { createLoopState } from './loop-state.ts';
import { createMetrics } from './metrics.ts';
import { openModels } from './models.ts';
import type { Logger } from './ports.ts';
import { createTrainingSwitch } from './training-switch.ts';
import { watchSilence } from './watch-silence.ts';
import { watchTrading } from './watch-trading.ts';

/** Reading a link costs microseconds, and a promotion serves that much sooner. */
const modelPollMs = 100;

/** Made and brought up to date if need be; what serves holds it read only, so no bug of a route can write there. */
const openForReading = (config: Config): Ledger => {
  const { paths, domain } = config;
  const options = { path: paths.ledgerFile, domain, older: config };
  const writable = openLedger(options);
  try {
    return openLedger({ ...options, readonly: true });
  } finally {
    writable.close();
  }
};

/** Often enough to tell a silence of minutes, and soon enough to tell of a halt. */
const silencePollMs = 30_000;

/** Often enough that a changed schema serves while its author still looks. */
const schemaPollMs = 1_000;

const openParamController = (
  { paths, domain, controller, training }: Config,
  threads: ThreadDeps,
): Promise<ThreadedController> => {
  makeDirectory(dirname(paths.controllerFile));
  const schemas = loadStrategySchemas(paths.schemasDir);
  const options = { path: paths.controllerFile, domain, schemas, seed: training.seed, ...controller };
  return openControllerThreads(options, threads);
};

const followSchemas = (
  folder: string | undefined,
  controller: ThreadedController,
  log: Logger,
): SchemaWatch =>
  watchStrategySchemas({
    folder,
    pollMs: schemaPollMs,
    changed: (schemas) => {
      controller
        .useSchemas(schemas)
        .catch((err: unknown) =>
          log.error({ err }, 'changed strategy schemas serve, and are not in the audit log yet'),
        );
      log.info({ strategies: [...schemas.keys()] }, 'strategy schemas reloaded');
    },
    refused: (problem) => log.error({ problem }, 'strategy schemas refused: the last good ones go on'),
  });

const payloadCodecOf = ({ temporal: { payloadKeys } }: Config) =>
  payloadKeys.length > 0 ? createPayloadCodec(payloadKeys) : undefined;

const openTraining = (config: Config, ledger: Ledger, client: Client) =>
  createTrainingClient({
    client,
    ledger,
    series: config.series.map(seriesKey),
    defaultStates: config.training.nStates,
    ui: config.temporal,
    exactlyOnce: config.training.exactlyOnce,
  });

export interface Gateway {
  readonly url: string;
  /** Answers what it was asked, then closes everything. */
  stop(): Promise<void>;
}

/** The gateway of these settings, listening. Throws where it would serve nobody, or everybody by mistake. */
export const openGateway = async (
  config: Config,
  log: Logger,
  threads: ThreadDeps = {},
): Promise<Gateway> => {
  assertSafeToServe(config.gateway);
  const release = holdState(config.paths.ledgerFile);
  const ledger = openForReading(config);
  const controller = await openParamController(config, threads);
  const schemas = followSchemas(config.paths.schemasDir, controller, log);
  const read = (id: string) => readVersion(config.paths.modelsDir, id, ledger.version(id)?.modelHash);
  const metrics = createMetrics({ processMetrics: true });
  const models = openModels({
    modelsDir: config.paths.modelsDir,
    pollMs: modelPollMs,
    readVersion: read,
    metrics,
    log,
  });
  const stopTidying = keepStoreTidy({ config, controller, log });
  const tracing = await openTracing(config.traceEndpoint, 'autotrain-gateway');
  const client = lazyClient(config.temporal, tracing);
  const live = openLive({ ledger, models, log });
  const ledgerPlace = { path: config.paths.ledgerFile, domain: config.domain };
  const startedAtMs = Date.now();
  const loop = createLoopState({ ledger, settings: config, startedAtMs });
  const app = createApp({
    settings: config,
    ledger,
    models,
    readVersion: read,
    newestCandles: (series, count, beforeMs) =>
      newestCandles({
        ...{ ledger, dataDir: config.paths.dataDir, series, count },
        ...(beforeMs === undefined ? {} : { beforeMs }),
      }),
    live,
    controller,
    schemaProblem: schemas.problem,
    training: openTraining(config, ledger, client),
    payloadCodec: payloadCodecOf(config),
    trainingSwitch: createTrainingSwitch({
      ledger: ledgerPlace,
      modelsDir: config.paths.modelsDir,
    }),
    loop,
    metrics,
    tracer: tracing?.tracer,
    log,
  });
  const silence = watchSilence({
    ...{ webhook: config.webhook, log, ledger, place: ledgerPlace, startedAtMs, everyMs: silencePollMs },
    sender: senderOf(config),
  });
  const trading = watchTrading({ controller, ledger: ledgerPlace, everyMs: silencePollMs, log });
  const { host, port, compatPorts } = config.gateway;
  const server = await listen(app, { host, ports: [port, ...compatPorts] });
  const stop = async () => {
    live.stop();
    await server.stop();
    models.stop();
    silence.stop();
    trading.stop();
    schemas.stop();
    stopTidying();
    await controller.close();
    ledger.close();
    release();
    await client.connection.close();
    await tracing?.stop();
  };
  return { url: server.url, stop };
};
