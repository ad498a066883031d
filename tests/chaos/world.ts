import { existsSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { loadConfig } from '../../config.ts';
import { freePort } from '../../ports.ts';
import { lazyClient } from '../../temporal/connect.ts';
import { until } from '../support/until.ts';
import { firstMs, openMarket, symbols, timeframe } from './market.ts';
import { type Pace, paceOf } from './pace.ts';
import { type Order, type Running, standby, start, tell } from './processes.ts';
import { startKillableServer } from './temporal.ts';

const built = (file: string): string => fileURLToPath(new URL(`../../dist/${file}`, import.meta.url));

export const archiveDays = 3;
export const pageLimit = 25;

/** Small enough that a training takes milliseconds; short enough that what died is given back within seconds. */
const settings = {
  SYMBOLS: symbols.join(','),
  TIMEFRAME: timeframe,
  START_TS: String(firstMs),
  BATCH_LIMIT: String(pageLimit),
  SLEEP_MS: '0',
  HMM_STATES: '2',
  HMM_COVARIANCE: 'diag',
  TRAIN_MIN_POINTS: '320',
  TRAIN_THREADS: '2',
  PROMOTION_MIN_CANDLES: '10',
  KEEP_N_MODELS: '2',
  ARCHIVE_DAYS: String(archiveDays),
  LOG_LEVEL: 'error',
};

/** The workflows as they are built, but for how soon they notice that a worker died. */
const bundle = async (home: string, { timeouts }: Pace): Promise<string> => {
  const quick = path.join(home, 'timeouts.js');
  writeFileSync(quick, `export const timeouts = ${JSON.stringify(timeouts)};\n`);
  const { code } = await bundleWorkflowCode({
    workflowsPath: built('workflows/index.js'),
    logger: new DefaultLogger('ERROR'),
    webpackConfigHook: (config) => ({
      ...config,
      resolve: {
        ...config.resolve,
        alias: {
          ...(config.resolve?.alias as Record<string, string>),
          [built('workflows/timeouts.js')]: quick,
        },
      },
    }),
  });
  const codePath = path.join(home, 'workflows.js');
  writeFileSync(codePath, code);
  return codePath;
};

/** What is killed and started again by itself; the worker of each role is a process of its own. */
export type Member = 'ingest' | 'train' | 'gateway';

export interface WorldOptions {
  readonly temporalPath: string;
  readonly seed: number;
  readonly settings?: Readonly<Record<string, string>>;
  /** A rule that the worker does without. */
  readonly ablation?: string;
  readonly engines?: number;
}

/** The whole loop on directories of its own, each part a process: exchange, Temporal, worker, gateway, engines, witness. */
export const openWorld = async (options: WorldOptions) => {
  const home = realpathSync(mkdtempSync(path.join(tmpdir(), 'autotrain-chaos-')));
  const at = (...names: string[]): string => path.join(home, ...names);
  const market = await openMarket(options.seed);
  const temporal = await startKillableServer(options.temporalPath, home);
  const port = await freePort();
  const base = {
    ...{ ...settings, STATE_DIR: home, DATA_DIR: at('ml'), MODELS_DIR: at('models') },
    ...{ MODEL_ARCHIVE_DIR: at('old-models'), EXCHANGE_URL: market.url, PORT: String(port) },
    ...{ TEMPORAL_ADDRESS: temporal.address, TEMPORAL_NAMESPACE: 'default' },
  };
  const config = loadConfig({ ...base, ...options.settings });
  const { ledgerFile, dataDir, modelsDir, controllerFile } = config.paths;
  const began = Date.now();
  const spares = {
    ingest: standby('worker.mjs', ['ingest']),
    train: standby('worker.mjs', ['train']),
    gateway: standby('gateway.mjs'),
  };
  await Promise.all(Object.values(spares).map((spare) => spare.loaded()));
  const pace = paceOf(Date.now() - began);
  const codePath = await bundle(home, pace);
  const env = { ...base, LEASE_MS: String(pace.leaseMs), ...options.settings };
  const engines = start('engines.mjs', [at('engines.ndjson'), String(options.engines ?? 3)]);
  const witness = start('witness.mjs', [modelsDir, ledgerFile, at('witness.ndjson')]);
  const client = lazyClient(config.temporal);
  return {
    ...{ home, at, market, temporal, config, client, env, url: `http://127.0.0.1:${port}` },
    ...{ ledgerFile, dataDir, modelsDir, controllerFile, leaseMs: pace.leaseMs },
    /** Throws when nobody looks on any more, or no engine trades: they end only with the world. */
    demandOnlookers: (): void => {
      for (const [name, { child, said }] of Object.entries({ engines, witness }))
        if (child.exitCode !== null || child.signalCode !== null)
          throw new Error(`the ${name} ended by itself (${child.signalCode ?? child.exitCode}): ${said()}`);
    },
    /** Where a process says at which point it died. */
    noteOf: (who: string): string => at(`${who}-died-at`),
    /** Until somebody stands still or died at this point. */
    untilNoted: (point: string) =>
      until(`somebody is at ${point}`, () => existsSync(at(`${point}-died-at`)), 120_000),
    /** Starts a part of the loop; resolves when it works, or died. */
    start: async (member: Member, order?: Order): Promise<Running> => {
      const { ablation } = options;
      const one = await spares[member].take();
      tell(one, {
        start: { env, codePath, role: member, ...(ablation && { ablation }), ...(order && { order }) },
      });
      // It may die at a point that it passes while it starts.
      const ready = await Promise.race([one.message('ready').catch(() => undefined), one.gone]);
      if (typeof ready === 'object' && member === 'gateway') tell(engines, { url: ready?.['url'] });
      return one;
    },
    close: async () => {
      await Promise.all([
        ...Object.values(spares).map((spare) => spare.close()),
        engines.kill(),
        witness.kill(),
      ]);
      await client.connection.close();
      await market.close();
      await temporal.stop();
      rmSync(home, { recursive: true, force: true });
    },
  };
};

export type World = Awaited<ReturnType<typeof openWorld>>;
