import { availableParallelism } from 'node:os';
import { apiKey } from './api-key.ts';
import * as parse from './parsers.ts';
import { payloadKey } from './payload-key.ts';
import { rsaPublicKey } from './public-key.ts';

/** One name of the environment. The whole table is `.env.example`: a test holds the two together. */
export interface Setting<T> {
  readonly parse: parse.Parse<T>;
  /** As it would be written; undefined: unset by default. */
  readonly fallback?: string;
  /** What the default is when it follows from something else; shown in `.env.example` beside the fallback. */
  readonly meaning: string;
  /** Never shown in messages. */
  readonly secret?: true;
}

const required = <T>(fallback: string, parser: parse.Parse<T>, meaning: string) => ({
  fallback,
  parse: parser,
  meaning,
});
const optional = <T>(parser: parse.Parse<T>, meaning: string) => ({ parse: parser, meaning });
const secret = <T>(parser: parse.Parse<T>, meaning: string) => ({
  parse: parser,
  meaning,
  secret: true as const,
});

const stateCount: parse.Parse<number | 'auto'> = (text) => {
  if (text === 'auto') return text;
  try {
    return parse.integer(2, 12)(text);
  } catch {
    throw new RangeError('a whole number from 2 to 12, or auto');
  }
};

const path = parse.text(/^[^\0\n]+$/, 'a path');
const maxWindowDays = 36_500;
const dayMs = 86_400_000;

/** A public key as the secret would let everybody sign who can read it. */
const jwtSecret = parse.text(
  /^(?!-----BEGIN ).{32,}$/,
  '32 characters or more that are no PEM: HS256 needs a secret as long as its hash',
);

/** Every name that does something. */
export const settings = {
  EXCHANGE: required(
    'binance',
    parse.text(/^[a-z0-9]+$/, 'a ccxt id in small letters, such as binance'),
    'ccxt id of the exchange; npm start uses the built-in simulator unless this is set and no SIM_* is',
  ),
  EXCHANGE_URL: optional(
    parse.httpUrl,
    'another address for the exchange (a proxy, a simulator), instead of its own',
  ),
  SYMBOLS: required(
    'BTC/USDT,ETH/USDT',
    parse.list(parse.symbol),
    'symbols, separated by commas; the first is the one that /predict takes when none is named',
  ),
  TIMEFRAME: required('1m', parse.timeframe, 'length of a candle'),
  BATCH_LIMIT: required('1000', parse.integer(1, 1000), 'candles per request to the exchange'),
  START_TS: optional(
    parse.instantMs,
    'first candle to ask for: epoch ms or UTC date; unset or 0: TRAIN_WINDOW_DAYS back (a replay: its first candle)',
  ),
  END_TS: optional(parse.instantMs, 'last candle to ask for: epoch ms or UTC date; unset or 0: no end'),
  SLEEP_MS: required(
    '500',
    parse.integer(0, 3_600_000),
    'pause between two requests to the exchange, ms (0 against the simulator)',
  ),
  REFETCH_CANDLES: required(
    '48',
    parse.integer(0, 990),
    'newest stored candles that each ingest compares with the exchange again; 0: none',
  ),
  API_KEY: secret(parse.text(), "the exchange's API key; public candles need none"),
  API_SECRET: secret(parse.text(), "the exchange's API secret"),
  EXCHANGE_PROXY: secret(
    parse.httpUrl,
    'HTTP proxy between us and the exchange, http://[user:password@]host:port; unset: none',
  ),

  DATA_DIR: required('/ml', path, 'root of candles and databases (npm start: .autotrain/ml)'),
  DATA_LANDING: required(
    '/ml/incoming',
    path,
    'where ingested CSV files land; by default incoming under DATA_DIR',
  ),
  LEDGER_DB: required('/ml/manifest.sqlite', path, 'the ledger; by default manifest.sqlite under DATA_DIR'),
  PC_DB: required(
    '/ml/param_controller.sqlite',
    path,
    'presets, decisions and outcomes; by default param_controller.sqlite under DATA_DIR',
  ),
  MODELS_DIR: required('/models', path, 'the model registry (npm start: .autotrain/models)'),
  STRATEGY_SCHEMAS_DIR: optional(
    path,
    'folder of strategy schemas (*.yaml), followed while it is served from; unset: the ones that come along',
  ),
  MODEL_ARCHIVE_DIR: optional(path, 'versions are copied here before KEEP_N_MODELS prunes them'),
  KEEP_N_MODELS: required(
    '5',
    parse.integer(1, 100_000),
    'newest versions that are kept, besides champion and predecessor',
  ),
  ARCHIVE_DAYS: optional(
    parse.integer(1, maxWindowDays),
    'days of candles kept in the archive; unset: TRAIN_WINDOW_DAYS',
  ),
  DELETE_AFTER_PROCESS: required(
    'true',
    parse.boolean,
    'remove ingested CSV files once their candles are in the archive',
  ),
  LEDGER_ROWS_DAYS: required(
    '90',
    parse.integer(1, maxWindowDays),
    'days after which rows of deleted files and closed claims are folded into ranges',
  ),
  SNAPSHOT_DIR: optional(
    path,
    'where snapshots of ledger, parameter store, registry and candles lie; unset: snapshots under DATA_DIR',
  ),
  SNAPSHOT_CRON: required('30 4 * * *', parse.cron, 'when to take a snapshot, UTC'),
  SNAPSHOT_KEEP: required('7', parse.integer(1, 10_000), 'newest snapshots that are kept'),
  AUDIT_KEEP_DAYS: required(
    '90',
    parse.integer(1, maxWindowDays),
    'days of audit rows kept in the databases; older ones move to compressed files under DATA_DIR/audit',
  ),
  DOMAIN: required(
    'production',
    parse.oneOf('production', 'research'),
    'which of the two data roots this is; a ledger opens only under its own',
  ),
  STATE_DIR: required('.autotrain', path, 'where npm start keeps everything'),

  HMM_STATES: required(
    '4',
    stateCount,
    'regimes per model, 2 to 12; auto: chosen by predictive likelihood, in strict mode once per lineage',
  ),
  HMM_ENSEMBLE: optional(
    parse.list(parse.integer(2, 12)),
    'sliding mode: regimes are served by an ensemble over these state counts, such as 2,3,4,6; unset: by one model',
  ),
  HMM_COVARIANCE: required('full', parse.oneOf('full', 'diag'), 'covariance of the emissions: full or diag'),
  MODEL_SCOPE: required(
    'series',
    parse.oneOf('series', 'pooled'),
    'series: one model per series; pooled: one model over all of them, with a scaler for each',
  ),
  TRAIN_WINDOW_DAYS: required(
    '365',
    parse.integer(1, maxWindowDays),
    'sliding mode fits on the last so many days',
  ),
  EXACTLY_ONCE: required(
    'true',
    parse.boolean,
    'strict mode: each candle is scored, then trained on once per lineage; false: sliding mode, refitted on the window',
  ),
  TRAIN_MIN_POINTS: required(
    '2000',
    parse.integer(50, 10_000_000),
    'strict mode: a lineage begins with this many candles; sliding mode: a window needs as many',
  ),
  MIN_NEW_CANDLES: required(
    '24',
    parse.integer(1, 1_000_000),
    'new candles a retrain needs; fewer are given back',
  ),
  TRAIN_SEED: required(
    '42',
    parse.integer(0, 4_294_967_295),
    'seed of the training: same seed, candles and code give the same bytes',
  ),
  TRAIN_THREADS: optional(parse.integer(1, 256), `series trained at the same time; unset: one per core`),
  LEASE_MS: required(
    '120000',
    parse.durationMs(5_000, dayMs),
    'how long a claim holds without a renewal, ms',
  ),
  RETRAIN_CRON: required('0 */6 * * *', parse.cron, 'when to retrain, UTC'),
  AUDIT_CRON: required(
    '30 3 * * *',
    parse.cron,
    'when to compare sampled older candles with the exchange, UTC',
  ),
  INGEST_CRON: optional(parse.cron, 'when to ingest, UTC; unset: once per TIMEFRAME'),

  PROMOTION_MIN_DELTA: required(
    '0',
    parse.number(-1000, 1000),
    'a candidate must beat the champion by more than this, nats/candle',
  ),
  PROMOTION_MIN_CANDLES: required(
    '500',
    parse.integer(10, 10_000_000),
    'later candles that both must have scored',
  ),
  PROMOTION_ALPHA: required(
    '0.05',
    parse.number(0, 0.5, { above: true }),
    'chance of promoting on null data',
  ),
  ROLLBACK_MAX_DROP: required(
    '0.02',
    parse.number(0, 1000),
    'a champion that is surely worse than its predecessor by more than this on later candles is rolled back, nats/candle',
  ),
  ROLLBACK_COOLDOWN: required(
    '1d',
    parse.durationMs(0, 365 * dayMs),
    'after such a rollback nothing is promoted by itself for so long',
  ),
  TRAINING_KILL_DROP: required(
    '0.2',
    parse.number(0, 1000, { above: true }),
    'a model that is surely worse by more than this on later candles kills the training loop until a person resumes it, nats/candle',
  ),
  TRAINING_KILL_DRAWDOWN: required(
    '0.25',
    parse.number(0, 1, { above: true }),
    'so does reported equity that is this share below its peak; 1: never',
  ),
  AUTO_PROMOTE: required('true', parse.boolean, 'false: a candidate that passed waits for an approval'),

  HOST: required('127.0.0.1', parse.text(/^[^\s/]+$/, 'an address or host name'), 'address of the gateway'),
  PORT: required('8000', parse.integer(0, 65_535), 'port of the gateway; 0: a free one'),
  COMPAT_PORTS: optional(
    parse.list(parse.integer(1, 65_535)),
    'further ports, where the older services were; separated by commas',
  ),
  REQUIRE_AUTH: required('false', parse.boolean, 'demand a JWT or an API key'),
  JWT_ALG: required(
    'HS256',
    parse.oneOf('HS256', 'RS256'),
    'how JWTs are signed: HS256 (JWT_SECRET) or RS256 (JWT_PUBLIC_KEY)',
  ),
  JWT_SECRET: secret(jwtSecret, 'secret of HS256, 32 characters or more'),
  JWT_PUBLIC_KEY: optional(
    rsaPublicKey,
    'public key of RS256: its PEM text, line ends as \\n, or the path of a file that holds it',
  ),
  JWT_AUDIENCE: optional(parse.text(), 'audience that a JWT must name; unset: not checked'),
  GATEWAY_API_KEYS: secret(
    parse.list(apiKey),
    'X-API-Key values, <role>:<key> separated by commas; roles reader, engine, trainer, admin; a bare key is an engine',
  ),
  ALLOW_INSECURE: required(
    'false',
    parse.boolean,
    'let a gateway without authentication be reached from other machines',
  ),

  ALERT_WEBHOOK_URL: secret(
    parse.webhookUrl,
    'where alerts are posted; unset: they are kept in the ledger only',
  ),
  ALERT_FORMAT: optional(
    parse.oneOf('json', 'slack', 'telegram'),
    'form of the alerts; unset: by the host of ALERT_WEBHOOK_URL',
  ),
  ALERT_STALE_CANDLES: required(
    '5',
    parse.integer(1, 1_000_000),
    'a series that lags so many candles behind the exchange, and stores none, is a problem',
  ),
  ALERT_EMPTY_RUNS: required(
    '3',
    parse.integer(1, 100),
    'so many retrains in a row that found no files are a problem',
  ),
  ALERT_DISK_FREE_MB: required(
    '1024',
    parse.integer(0, 1_000_000_000),
    'less free space under DATA_DIR or MODELS_DIR is a problem, MB',
  ),
  ALERT_CLOCK_SKEW: required(
    '5s',
    parse.durationMs(100, dayMs),
    "a clock that differs more from the exchange's is a problem",
  ),

  EPSILON: required('0', parse.number(0, 1), 'share of decisions drawn evenly over the presets'),
  DECISION_TTL: required(
    '15m',
    parse.durationMs(1_000, dayMs),
    'how long a poll with the same features gets its open decision again',
  ),
  OUTCOME_TTL: required(
    '7d',
    parse.durationMs(60_000, 30 * dayMs),
    'how long after a decision, or the close of a position that holds it, its outcomes are learned',
  ),
  DECISIONS_KEEP_DAYS: required(
    '90',
    parse.integer(30, maxWindowDays),
    'days of decisions and outcomes kept one by one; older ones are kept as sums of each day',
  ),
  L2: required(
    '1',
    parse.number(0, 1e6, { above: true }),
    'ridge of the bandit: how strongly it starts from zero',
  ),
  MAX_PRESETS: required('12', parse.integer(1, 1000), 'presets per strategy and instrument'),

  TEMPORAL_ADDRESS: required(
    '127.0.0.1:7233',
    parse.hostAndPort,
    'Temporal server; npm start uses this one when set, else starts its own',
  ),
  TEMPORAL_NAMESPACE: required(
    'default',
    parse.text(/^[\w.-]+$/, 'letters, digits, dots, dashes'),
    'Temporal namespace',
  ),
  TEMPORAL_CLI_PATH: optional(
    path,
    'the temporal binary that npm start uses; unset: PATH, then the cache of the set-up',
  ),
  TEMPORAL_RETENTION: required(
    '3d',
    parse.durationMs(3_600_000, 365 * dayMs),
    'how long the server of npm start keeps runs that have ended; of another server this is its own affair',
  ),
  TEMPORAL_TLS: optional(parse.boolean, 'speak TLS to Temporal; unset: when one of the next five is set'),
  TEMPORAL_TLS_CA: optional(path, "PEM file of the authority of Temporal's certificate; unset: the system's"),
  TEMPORAL_TLS_CERT: optional(path, 'PEM file of our certificate, where Temporal demands one (mTLS)'),
  TEMPORAL_TLS_KEY: optional(path, 'PEM file of the key of that certificate'),
  TEMPORAL_TLS_SERVER_NAME: optional(
    parse.text(/^[\w.-]+$/, 'a host name'),
    'name in the certificate of Temporal, where TEMPORAL_ADDRESS has another',
  ),
  TEMPORAL_API_KEY: secret(parse.text(), 'API key of Temporal Cloud'),
  PAYLOAD_KEY: secret(
    parse.list(payloadKey),
    'keys of 32 random bytes, base64 or hex, separated by commas: what Temporal stores is encrypted under the first and read with any; unset: not encrypted',
  ),
  TEMPORAL_UI_URL: optional(parse.httpUrl, "address of Temporal's Web UI, for links"),

  SIM_SEED: required('42', parse.integer(0, 4_294_967_295), 'seed of the synthetic exchange'),
  SIM_REPLAY: optional(path, 'folder of <exchange>_<SYMBOL>_<timeframe>.csv[.gz]: the simulator replays it'),
  SIM_UNTIL: optional(
    parse.instantMs,
    "where the simulator's clock starts: epoch ms or UTC date; unset: just after the last candle of the replay",
  ),
  PAPER_ENGINE: required(
    'true',
    parse.boolean,
    'npm start trades two bundled strategies on paper against the built-in exchange, so that a bandit learns; never against a real one',
  ),
  WORKER_BUILD_ID: optional(
    parse.text(/^[\w-]{1,60}$/, '1 to 60 letters, digits, "_" and "-"'),
    "version of a worker in Temporal's Worker Deployment autotrain: a run ends on the version it began on; unset: not versioned",
  ),
  WORKER_METRICS_ADDRESS: optional(
    parse.hostAndPort,
    'where a worker answers GET /metrics and /health, such as 127.0.0.1:9464; unset: nowhere',
  ),
  OTEL_EXPORTER_OTLP_ENDPOINT: optional(
    parse.httpUrl,
    'OTLP/HTTP collector of traces, such as http://127.0.0.1:4318; unset: nothing is traced',
  ),

  AUTOTRAIN_URL: optional(parse.httpUrl, 'gateway that autotrain commands ask; unset: that of HOST and PORT'),
  AUTOTRAIN_TOKEN: secret(parse.text(), 'bearer token that autotrain commands show to the gateway'),
  AUTOTRAIN_API_KEY: secret(parse.text(), 'X-API-Key that autotrain commands show to the gateway'),
  LOG_LEVEL: required(
    'info',
    parse.oneOf('trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'),
    'least level that is logged',
  ),
} as const satisfies Readonly<Record<string, Setting<unknown>>>;

export type SettingName = keyof typeof settings;

export const defaultTrainThreads = (): number => availableParallelism();
