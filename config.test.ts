import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { settings } from './config/settings.ts';
import { type Config, ConfigError, loadConfig, loadProcessConfig } from './config.ts';
import { freshDir } from './ledger/fresh.fixture.ts';

const problemsOf = (env: NodeJS.ProcessEnv, envFile?: string): readonly string[] => {
  try {
    loadConfig(env, envFile === undefined ? {} : { envFile });
  } catch (cause) {
    if (cause instanceof ConfigError) return cause.problems;
    throw cause;
  }
  return [];
};

const envFileWith = (content: string): string => {
  const path = join(freshDir(), '.env');
  writeFileSync(path, content);
  return path;
};

const comparable = ({ explicit: _explicit, warnings: _warnings, ...rest }: Config) => rest;

describe('.env.example', () => {
  const path = new URL('./.env.example', import.meta.url).pathname;
  const lines = readFileSync(path, 'utf8').split('\n');
  const documented = lines.flatMap((line) => {
    const [, name, value] = /^(?:# )?([A-Z][A-Z0-9_]*)=(.*)$/.exec(line) ?? [];
    return name === undefined ? [] : [[name, parseEnv(`${name}=${value}`)[name] ?? ''] as const];
  });

  it('has every setting once, with its default, and no others', () => {
    const expected = [
      ...Object.entries(settings).map(([name, setting]) => [
        name,
        'fallback' in setting ? setting.fallback : '',
      ]),
    ];
    const byName = (pairs: readonly (readonly unknown[])[]) => pairs.map((pair) => pair.join('=')).toSorted();
    expect(byName(documented)).toEqual(byName(expected));
  });

  it('explains each setting on the line above it', () => {
    for (const [name, { meaning }] of Object.entries(settings)) {
      const at = lines.findIndex((line) => line.replace(/^# /, '').startsWith(`${name}=`));
      expect(lines[at - 1]).toBe(`# ${meaning}`);
    }
  });

  it('changes nothing when it is copied to .env', () => {
    expect(comparable(loadConfig({}, { envFile: path, embedded: true }))).toEqual(
      comparable(loadConfig({}, { embedded: true })),
    );
    expect(loadConfig({}, { envFile: path }).warnings).toEqual([]);
  });
});

describe('loadConfig', () => {
  it('gives every default without an environment', () => {
    const config = loadConfig({});
    expect(config.series).toEqual([
      { exchange: 'binance', symbol: 'BTC/USDT', timeframe: '1m' },
      { exchange: 'binance', symbol: 'ETH/USDT', timeframe: '1m' },
    ]);
    expect(config.paths.ledgerFile).toBe('/ml/manifest.sqlite');
    expect(config.training).toMatchObject({
      nStates: 4,
      covarianceType: 'full',
      exactlyOnce: true,
      seed: 42,
    });
    expect(config.training.threads).toBeGreaterThanOrEqual(1);
    expect(config.archive.days).toBe(365);
    expect(config.schedules).toEqual({
      ingestCron: '* * * * *',
      retrainCron: '0 */6 * * *',
      auditCron: '30 3 * * *',
      snapshotCron: '30 4 * * *',
    });
    expect(config.explicit.size).toBe(0);
  });

  it('keeps days as days where the name says so, and as milliseconds where it says that', () => {
    const days = {
      LEDGER_ROWS_DAYS: '2',
      AUDIT_KEEP_DAYS: '3',
      DECISIONS_KEEP_DAYS: '31',
      ARCHIVE_DAYS: '400',
    };
    const config = loadConfig({
      ...days,
      TRAIN_WINDOW_DAYS: '366',
      LEASE_MS: '90000',
      ROLLBACK_COOLDOWN: '2d',
    });
    expect(config.ledgerRowsMs).toBe(172_800_000);
    expect(config.audit.keepDays).toBe(3);
    expect(config.controller.decisionsKeepDays).toBe(31);
    expect(config.archive.days).toBe(400);
    expect(config.training).toMatchObject({ windowDays: 366, windowMs: 31_622_400_000, leaseMs: 90_000 });
    expect(config.rollback.cooldownMs).toBe(172_800_000);
  });

  it('puts the roots under the state directory in embedded mode', () => {
    const { paths } = loadConfig({ STATE_DIR: '/tmp/state' }, { embedded: true });
    expect(paths).toEqual({
      dataDir: '/tmp/state/ml',
      landingDir: '/tmp/state/ml/incoming',
      ledgerFile: '/tmp/state/ml/manifest.sqlite',
      controllerFile: '/tmp/state/ml/param_controller.sqlite',
      modelsDir: '/tmp/state/models',
    });
  });

  it('lets a root that is set move what lies under it, and a file that is set stay where it is', () => {
    const { paths } = loadConfig({ DATA_DIR: 'here', PC_DB: '/there/pc.sqlite' }, { embedded: true });
    expect(paths.landingDir).toBe(resolve('here/incoming'));
    expect(paths.controllerFile).toBe('/there/pc.sqlite');
  });

  it.each([
    ['1h', '0 * * * *'],
    ['5m', '*/5 * * * *'],
    ['4h', '0 */4 * * *'],
    ['1d', '0 0 * * *'],
  ])('ingests once per candle: %s', (TIMEFRAME, expected) => {
    expect(loadConfig({ TIMEFRAME }).schedules.ingestCron).toBe(expected);
  });

  it('reads dates, epoch milliseconds, durations and key lists', () => {
    const config = loadConfig({
      START_TS: '2021-01-01',
      END_TS: '1719792000000',
      SIM_UNTIL: '2024-01-01T12:00:00Z',
      LEASE_MS: '2m',
      GATEWAY_API_KEYS: 'admin:abcdefgh, 12345678',
    });
    expect(config.exchange).toMatchObject({ startMs: Date.UTC(2021, 0, 1), endMs: 1719792000000 });
    expect(config.simulator.untilMs).toBe(Date.UTC(2024, 0, 1, 12));
    expect(config.training.leaseMs).toBe(120_000);
    expect(config.gateway.apiKeys).toEqual([
      { role: 'admin', key: 'abcdefgh' },
      { role: 'engine', key: '12345678' },
    ]);
  });

  it('takes 0 and an empty value as unset', () => {
    const config = loadConfig({ START_TS: '0', END_TS: ' ', HMM_STATES: '' });
    expect(config.exchange.startMs).toBeUndefined();
    expect(config.exchange.endMs).toBeUndefined();
    expect(config.training.nStates).toBe(4);
  });

  it('lets the environment win over the .env file', () => {
    const envFile = envFileWith('HMM_STATES=3\nTRAIN_SEED=7\n');
    const { training } = loadConfig({ HMM_STATES: '5' }, { envFile });
    expect(training).toMatchObject({ nStates: 5, seed: 7 });
  });
});

describe('loadProcessConfig', () => {
  const home = process.cwd();
  afterEach(() => process.chdir(home));

  it('reads .env in the working folder and says the warnings, but not as a child of npm start', () => {
    process.chdir(dirname(envFileWith('HMM_STATES=3\nHMM_URL=x\n')));
    const said: string[] = [];
    const say = (line: string) => void said.push(line);
    expect(loadProcessConfig({}, { child: true, say }).training.nStates).toBe(4);
    expect(said).toEqual([]);
    expect(loadProcessConfig({}, { child: false, say }).training.nStates).toBe(3);
    expect(said).toEqual(['.env: not settings of autotrain, ignored: HMM_URL']);
  });
});

describe('malformed values', () => {
  it.each([
    ['EXCHANGE', 'Binance!'],
    ['SYMBOLS', 'BTCUSDT'],
    ['SYMBOLS', 'BTC/USDT,BTC/USDT'],
    ['SYMBOLS', '../etc'],
    ['TIMEFRAME', '7m'],
    ['BATCH_LIMIT', '1001'],
    ['BATCH_LIMIT', '1e3'],
    ['BATCH_LIMIT', 'NaN'],
    ['START_TS', '1609459200'],
    ['START_TS', '2024-02-30'],
    ['START_TS', '2024-13-01'],
    ['SLEEP_MS', '-1'],
    ['HMM_STATES', 'automatic'],
    ['HMM_STATES', '1'],
    ['PROMOTION_MIN_DELTA', 'Infinity'],
    ['PROMOTION_ALPHA', '0'],
    ['LEASE_MS', '1s'],
    ['LEASE_MS', '2 weeks'],
    ['RETRAIN_CRON', '0 */6 * *'],
    ['RETRAIN_CRON', '61 * * * *'],
    ['RETRAIN_CRON', '*/0 * * * *'],
    ['AUTO_PROMOTE', 'maybe'],
    ['PORT', '65536'],
    ['HMM_ENSEMBLE', '2,1'],
    ['HMM_ENSEMBLE', '3,3'],
    ['MODEL_SCOPE', 'both'],
    ['JWT_ALG', 'ES256'],
    ['JWT_ALG', 'none'],
    ['TEMPORAL_ADDRESS', 'http://localhost:7233'],
    ['TEMPORAL_UI_URL', 'javascript:alert(1)'],
    ['DOMAIN', 'prod'],
  ])('%s=%s stops the start with name, value and what is allowed', (name, value) => {
    const [problem, ...others] = problemsOf({ [name]: value });
    expect(others).toEqual([]);
    expect(problem).toContain(`${name}=${JSON.stringify(value)}: allowed is `);
  });

  it('trains each candle once per lineage, or on a sliding window where that is asked for', () => {
    expect(loadConfig({}).training.exactlyOnce).toBe(true);
    expect(loadConfig({ EXACTLY_ONCE: 'false' }).training.exactlyOnce).toBe(false);
  });

  it('reports all problems at once', () => {
    expect(problemsOf({ PORT: 'x', TIMEFRAME: 'x' })).toHaveLength(2);
  });

  it('refuses contradictions', () => {
    const ensemble = { HMM_ENSEMBLE: '2,3,4,6' };
    expect(problemsOf({ ...ensemble, EXACTLY_ONCE: 'true' }).join()).toContain(
      'HMM_ENSEMBLE needs EXACTLY_ONCE=false',
    );
    expect(problemsOf({ ...ensemble, EXACTLY_ONCE: 'false', MODEL_SCOPE: 'pooled' }).join()).toContain(
      'MODEL_SCOPE=series',
    );
    expect(problemsOf({ ...ensemble, EXACTLY_ONCE: 'false' })).toEqual([]);
    const auto = { HMM_STATES: 'auto' };
    expect(problemsOf({ ...auto, MODEL_SCOPE: 'pooled' }).join()).toContain('HMM_STATES=auto needs');
    expect(problemsOf(auto)).toEqual([]);
    expect(problemsOf({ REQUIRE_AUTH: 'true' }).join()).toContain('JWT_SECRET or GATEWAY_API_KEYS');
    expect(problemsOf({ START_TS: '2024-01-01', END_TS: '2023-01-01' }).join()).toContain('before END_TS');
  });

  it.each([
    { JWT_SECRET: 'hunter2' },
    { GATEWAY_API_KEYS: 'root:hunter2hunter2' },
    { JWT_SECRT: 'hunter2' },
    { PAYLOAD_KEYS: 'hunter2' },
  ])('never shows a secret: %o', (env) => {
    const problems = problemsOf(env);
    expect(problems).toHaveLength(1);
    expect(problems.join()).not.toContain('hunter2');
  });
});

describe('a remote Temporal', () => {
  it('is spoken to in TLS when a certificate or a key is given, and in clear otherwise', () => {
    expect(loadConfig({}).temporal.tls).toBe(false);
    expect(loadConfig({ TEMPORAL_TLS: 'true' }).temporal.tls).toBe(true);
    expect(loadConfig({ TEMPORAL_API_KEY: 'secret' }).temporal).toMatchObject({
      tls: true,
      apiKey: 'secret',
    });
    expect(loadConfig({ TEMPORAL_TLS_CA: '/ca.pem' }).temporal).toMatchObject({
      tls: true,
      tlsCaFile: '/ca.pem',
    });
  });

  it('never gets a key in clear, nor half a certificate', () => {
    expect(problemsOf({ TEMPORAL_TLS: 'false', TEMPORAL_API_KEY: 'hunter2' }).join()).toMatch(
      /^TEMPORAL_TLS=false.*clear text(?!.*hunter2)/,
    );
    expect(problemsOf({ TEMPORAL_TLS_CERT: '/client.pem' })).toEqual([
      'TEMPORAL_TLS_CERT and TEMPORAL_TLS_KEY belong together: set both or neither',
    ]);
  });
});

describe('unknown names', () => {
  it.each([
    ['SYMBOL', 'SYMBOLS'],
    ['HMM_STATE', 'HMM_STATES'],
    ['BATCH_LIMTI', 'BATCH_LIMIT'],
    ['TRAIN_WINDOWDAYS', 'TRAIN_WINDOW_DAYS'],
    ['promotion_alpha', 'PROMOTION_ALPHA'],
    ['KEEP_N_MODEL', 'KEEP_N_MODELS'],
  ])('%s stops the start and names %s, in the environment and in the file', (name, meant) => {
    const expected = [`${name}="3": unknown, did you mean ${meant}?`];
    expect(problemsOf({ [name]: '3' })).toEqual(expected);
    expect(problemsOf({}, envFileWith(`${name}=3\n`))).toEqual(expected);
  });

  it('leaves a usual environment alone', () => {
    const env = {
      HOME: '/root',
      HOSTNAME: 'box',
      PATH: '/bin',
      PWD: '/',
      EDITOR: 'vi',
      LOGNAME: 'me',
      HMM_URL: 'x',
    };
    expect(problemsOf(env)).toEqual([]);
  });

  it("lists the file's other names in one warning, without values", () => {
    const envFile = envFileWith('HMM_URL=http://ml_service:8000\nTRADING_MODE=paper\n');
    const { warnings } = loadConfig({ HOME: '/root' }, { envFile });
    expect(warnings).toEqual(['.env: not settings of autotrain, ignored: HMM_URL, TRADING_MODE']);
  });
});
