import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseEnv } from 'node:util';
import type { Sender } from './alerts/message.ts';
import { formatOf, type Webhook } from './alerts/webhook.ts';
import type { ApiKey, Role } from './config/api-key.ts';
import { contradictions } from './config/contradictions.ts';
import { longestGapDays } from './config/cron-gap.ts';
import { readSettings, type SettingsRead, type Values } from './config/read-settings.ts';
import { defaultTrainThreads, type SettingName } from './config/settings.ts';
import { temporalOf } from './config/temporal.ts';
import type { HealthLimits } from './health/limits.ts';
import { type Series, type Timeframe, timeframesMs } from './series.ts';

export type { ApiKey, Role, SettingName };

const dayMs = 86_400_000;

/** Everything that can be set, parsed and checked. Entry points read it once and pass it on as a value. */
export interface Config {
  readonly domain: 'production' | 'research';
  readonly logLevel: Values['LOG_LEVEL'];
  /** Root of what `npm start` keeps (lock, Temporal's database, logs). */
  readonly stateDir: string;
  readonly exchange: ExchangeConfig;
  /** One per symbol, in the order of SYMBOLS: the first is the default of /predict. */
  readonly series: readonly Series[];
  readonly paths: {
    readonly dataDir: string;
    readonly landingDir: string;
    readonly ledgerFile: string;
    /** Folder of strategy schemas; undefined: the bundled ones. */
    readonly schemasDir: string | undefined;
    readonly controllerFile: string;
    readonly modelsDir: string;
  };
  readonly archive: { readonly days: number; readonly deleteAfterProcess: boolean };
  readonly audit: { readonly keepDays: number };
  readonly registry: {
    readonly keep: number;
    readonly archiveDir: string | undefined;
  };
  /** How long the ledger keeps rows of what is gone. */
  readonly ledgerRowsMs: number;
  readonly snapshots: { readonly dir: string; readonly keep: number };
  readonly training: TrainingConfig;
  readonly promotion: {
    readonly minDelta: number;
    readonly minCandles: number;
    readonly alpha: number;
    readonly auto: boolean;
  };
  readonly rollback: {
    /** Nats per candle that a champion may surely be worse than its predecessor. */
    readonly maxDrop: number;
    readonly cooldownMs: number;
  };
  readonly trainingKill: {
    readonly maxDrop: number;
    /** Share of the peak of the reported equity; 1: never. */
    readonly maxDrawdown: number;
  };
  readonly health: HealthLimits;
  /** undefined: nobody is told. */
  readonly webhook: Webhook | undefined;
  readonly schedules: {
    readonly ingestCron: string;
    readonly retrainCron: string;
    readonly auditCron: string;
    readonly snapshotCron: string;
  };
  readonly gateway: GatewayConfig;
  readonly controller: {
    readonly l2: number;
    readonly maxPresets: number;
    readonly epsilon: number;
    readonly decisionTtlMs: number;
    readonly outcomeTtlMs: number;
    readonly decisionsKeepDays: number;
  };
  readonly temporal: Readonly<ReturnType<typeof temporalOf>>;
  readonly worker: {
    /** host:port of /metrics and /health; undefined: not served. */
    readonly metricsAddress: string | undefined;
    /** undefined: the worker takes every run, whichever version began it. */
    readonly buildId: string | undefined;
  };
  /** undefined: nothing is traced. */
  readonly traceEndpoint: string | undefined;
  readonly simulator: {
    readonly seed: number;
    readonly replayDir: string | undefined;
    readonly untilMs: number | undefined;
    readonly paperEngine: boolean;
  };
  /** Whom commands ask, and with which credentials; undefined: the gateway of HOST and PORT, and none. */
  readonly client: {
    readonly url: string | undefined;
    readonly token: string | undefined;
    readonly apiKey: string | undefined;
  };
  /** Names that somebody set, as against defaults. */
  readonly explicit: ReadonlySet<SettingName>;
  /** For the entry point's log. */
  readonly warnings: readonly string[];
}

export interface ExchangeConfig {
  readonly id: string;
  /** Replaces the exchange's own address when set. */
  readonly url: string | undefined;
  readonly apiKey: string | undefined;
  readonly apiSecret: string | undefined;
  readonly proxyUrl: string | undefined;
  readonly timeframe: Timeframe;
  readonly batchLimit: number;
  /** First open time to ask for; undefined: `training.windowMs` before now. */
  readonly startMs: number | undefined;
  /** Last open time to ask for; undefined: no end. */
  readonly endMs: number | undefined;
  readonly sleepMs: number;
  /** How many of the newest stored candles each ingest looks at again; 0: none. */
  readonly refetchCandles: number;
}

export interface TrainingConfig {
  /** auto: the trainer chooses. */
  readonly nStates: number | 'auto';
  /** State counts of an ensemble that serves instead of one model; undefined: none. */
  readonly ensemble: readonly number[] | undefined;
  readonly covarianceType: 'full' | 'diag';
  readonly scope: 'series' | 'pooled';
  readonly exactlyOnce: boolean;
  readonly windowDays: number;
  readonly windowMs: number;
  readonly minPoints: number;
  readonly minNewCandles: number;
  readonly seed: number;
  /** Series trained at the same time. */
  readonly threads: number;
  readonly leaseMs: number;
}

export interface GatewayConfig {
  readonly host: string;
  /** 0: a free one. */
  readonly port: number;
  readonly compatPorts: readonly number[];
  readonly requireAuth: boolean;
  readonly allowInsecure: boolean;
  readonly jwtAlgorithm: 'HS256' | 'RS256';
  readonly jwtSecret: string | undefined;
  /** PEM. */
  readonly jwtPublicKey: string | undefined;
  readonly jwtAudience: string | undefined;
  readonly apiKeys: readonly ApiKey[];
}

/** The settings cannot be used. `problems` names each: setting, value (never of a secret), what is allowed. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`the settings are not usable:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
    this.problems = problems;
  }
}

export interface LoadOptions {
  /** Given by `npm start`: the roots lie under the state directory instead of `/`. */
  readonly embedded?: boolean;
  /** A `.env` file; the environment wins over it. A missing file is no error. */
  readonly envFile?: string;
}

/** Reads a `.env` file into names and texts; empty when there is none. */
export const readEnvFile = (path: string): Record<string, string> => {
  try {
    return parseEnv(readFileSync(path, 'utf8').replace(/^\uFEFF/, '')) as Record<string, string>;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw new ConfigError([`${path} cannot be read: ${(cause as Error).message}`]);
  }
};

/**
 * Reads and checks all settings.
 *
 * @param env the environment (`process.env`; entry points alone hand it in)
 * @throws ConfigError with every problem at once
 */
export const loadConfig = (
  env: NodeJS.ProcessEnv,
  { embedded = false, envFile }: LoadOptions = {},
): Config => {
  const read = readSettings(env, envFile === undefined ? {} : readEnvFile(envFile));
  const problems = [...read.problems, ...contradictions(read.values)];
  if (problems.length > 0) throw new ConfigError(problems);
  return configOf(read, embedded);
};

/**
 * For the entry point of a process: `.env` in the working folder counts, and warnings are said, unless `npm start`
 * has done both already (`child`) and hands everything over in the environment.
 */
export const loadProcessConfig = (
  env: NodeJS.ProcessEnv,
  { child, say }: { readonly child: boolean; readonly say: (line: string) => void },
): Config => {
  if (child) return loadConfig(env);
  const config = loadConfig(env, { envFile: resolve('.env') });
  config.warnings.forEach(say);
  return config;
};

const configOf = ({ values, explicit, warnings }: SettingsRead, embedded: boolean): Config => ({
  domain: values.DOMAIN,
  logLevel: values.LOG_LEVEL,
  stateDir: resolve(values.STATE_DIR),
  exchange: exchangeOf(values),
  series: values.SYMBOLS.map((symbol) => ({
    exchange: values.EXCHANGE,
    symbol,
    timeframe: values.TIMEFRAME,
  })),
  paths: pathsOf(values, explicit, embedded),
  archive: {
    days: values.ARCHIVE_DAYS ?? values.TRAIN_WINDOW_DAYS,
    deleteAfterProcess: values.DELETE_AFTER_PROCESS,
  },
  audit: { keepDays: values.AUDIT_KEEP_DAYS },
  registry: {
    keep: values.KEEP_N_MODELS,
    archiveDir: values.MODEL_ARCHIVE_DIR === undefined ? undefined : resolve(values.MODEL_ARCHIVE_DIR),
  },
  ledgerRowsMs: values.LEDGER_ROWS_DAYS * dayMs,
  snapshots: {
    dir: resolve(values.SNAPSHOT_DIR ?? `${pathsOf(values, explicit, embedded).dataDir}/snapshots`),
    keep: values.SNAPSHOT_KEEP,
  },
  training: trainingOf(values),
  promotion: {
    minDelta: values.PROMOTION_MIN_DELTA,
    minCandles: values.PROMOTION_MIN_CANDLES,
    alpha: values.PROMOTION_ALPHA,
    auto: values.AUTO_PROMOTE,
  },
  rollback: { maxDrop: values.ROLLBACK_MAX_DROP, cooldownMs: values.ROLLBACK_COOLDOWN },
  trainingKill: { maxDrop: values.TRAINING_KILL_DROP, maxDrawdown: values.TRAINING_KILL_DRAWDOWN },
  health: healthOf(values),
  webhook: webhookOf(values),
  schedules: {
    ingestCron: values.INGEST_CRON ?? cronOncePer(values.TIMEFRAME),
    retrainCron: values.RETRAIN_CRON,
    auditCron: values.AUDIT_CRON,
    snapshotCron: values.SNAPSHOT_CRON,
  },
  gateway: gatewayOf(values),
  controller: {
    l2: values.L2,
    maxPresets: values.MAX_PRESETS,
    epsilon: values.EPSILON,
    decisionTtlMs: values.DECISION_TTL,
    outcomeTtlMs: values.OUTCOME_TTL,
    decisionsKeepDays: values.DECISIONS_KEEP_DAYS,
  },
  temporal: temporalOf(values),
  worker: { metricsAddress: values.WORKER_METRICS_ADDRESS, buildId: values.WORKER_BUILD_ID },
  traceEndpoint: values.OTEL_EXPORTER_OTLP_ENDPOINT,
  simulator: {
    seed: values.SIM_SEED,
    replayDir: values.SIM_REPLAY,
    untilMs: values.SIM_UNTIL,
    paperEngine: values.PAPER_ENGINE,
  },
  client: {
    url: values.AUTOTRAIN_URL,
    token: values.AUTOTRAIN_TOKEN,
    apiKey: values.AUTOTRAIN_API_KEY,
  },
  explicit,
  warnings,
});

const healthOf = (values: Values): HealthLimits => ({
  staleCandles: values.ALERT_STALE_CANDLES,
  emptyRuns: values.ALERT_EMPTY_RUNS,
  diskFreeBytes: values.ALERT_DISK_FREE_MB * 2 ** 20,
  clockSkewMs: values.ALERT_CLOCK_SKEW,
  routineMs: {
    audit: (longestGapDays(values.AUDIT_CRON) + 1) * dayMs,
    snapshot: (longestGapDays(values.SNAPSHOT_CRON) + 1) * dayMs,
    janitor: Math.max(3_600_000, 2 * values.LEASE_MS),
  },
});

/** What alerts say of where they come from. */
export const senderOf = ({ domain, temporal }: Config): Sender => ({
  domain,
  namespace: temporal.namespace,
  uiUrl: temporal.uiUrl,
});

const webhookOf = ({ ALERT_WEBHOOK_URL: url, ALERT_FORMAT: format }: Values): Webhook | undefined =>
  url === undefined ? undefined : { url, format: format ?? formatOf(url) };

const exchangeOf = (values: Values): ExchangeConfig => ({
  id: values.EXCHANGE,
  url: values.EXCHANGE_URL,
  apiKey: values.API_KEY,
  apiSecret: values.API_SECRET,
  proxyUrl: values.EXCHANGE_PROXY,
  timeframe: values.TIMEFRAME,
  batchLimit: values.BATCH_LIMIT,
  startMs: values.START_TS,
  endMs: values.END_TS,
  sleepMs: values.SLEEP_MS,
  refetchCandles: values.REFETCH_CANDLES,
});

/** A root that is set moves what lies under it, unless that is set too. */
const pathsOf = (values: Values, explicit: ReadonlySet<SettingName>, embedded: boolean): Config['paths'] => {
  const root = (name: 'DATA_DIR' | 'MODELS_DIR', folder: string) =>
    resolve(embedded && !explicit.has(name) ? `${values.STATE_DIR}/${folder}` : values[name]);
  const dataDir = root('DATA_DIR', 'ml');
  const under = (name: 'DATA_LANDING' | 'LEDGER_DB' | 'PC_DB', leaf: string) =>
    resolve(explicit.has(name) ? values[name] : `${dataDir}/${leaf}`);
  return {
    dataDir,
    landingDir: under('DATA_LANDING', 'incoming'),
    ledgerFile: under('LEDGER_DB', 'manifest.sqlite'),
    schemasDir: values.STRATEGY_SCHEMAS_DIR === undefined ? undefined : resolve(values.STRATEGY_SCHEMAS_DIR),
    controllerFile: under('PC_DB', 'param_controller.sqlite'),
    modelsDir: root('MODELS_DIR', 'models'),
  };
};

const trainingOf = (values: Values): TrainingConfig => ({
  nStates: values.HMM_STATES,
  ensemble: values.HMM_ENSEMBLE,
  covarianceType: values.HMM_COVARIANCE,
  scope: values.MODEL_SCOPE,
  exactlyOnce: values.EXACTLY_ONCE,
  windowDays: values.TRAIN_WINDOW_DAYS,
  windowMs: values.TRAIN_WINDOW_DAYS * dayMs,
  minPoints: values.TRAIN_MIN_POINTS,
  minNewCandles: values.MIN_NEW_CANDLES,
  seed: values.TRAIN_SEED,
  threads: values.TRAIN_THREADS ?? defaultTrainThreads(),
  leaseMs: values.LEASE_MS,
});

const gatewayOf = (values: Values): GatewayConfig => ({
  host: values.HOST,
  port: values.PORT,
  compatPorts: values.COMPAT_PORTS ?? [],
  requireAuth: values.REQUIRE_AUTH,
  allowInsecure: values.ALLOW_INSECURE,
  jwtAlgorithm: values.JWT_ALG,
  jwtSecret: values.JWT_SECRET,
  jwtPublicKey: values.JWT_PUBLIC_KEY,
  jwtAudience: values.JWT_AUDIENCE,
  apiKeys: values.GATEWAY_API_KEYS ?? [],
});

/** Once per candle: every minute, every 5 minutes, on the hour, every 4 hours, at midnight (UTC). */
const cronOncePer = (timeframe: Timeframe): string => {
  const minutes = timeframesMs[timeframe] / 60_000;
  if (minutes < 60) return minutes === 1 ? '* * * * *' : `*/${minutes} * * * *`;
  if (minutes < 1440) return minutes === 60 ? '0 * * * *' : `0 */${minutes / 60} * * *`;
  return '0 0 * * *';
};
