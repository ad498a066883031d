import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { settings } from '../config/settings.ts';
import { startGatewayProcess } from './processes/gateway-process.ts';
import { type OnceResult, startOnce } from './processes/start-once.ts';
import { filesUnder, leaksUnder, secretsIn } from './support/leaks.ts';

const marker = (name: string) => `${name}+secret/${randomBytes(12).toString('hex')}`;

const engineKey = marker('engine');
const adminKey = marker('admin');
const secrets = {
  API_KEY: marker('exchange-key'),
  API_SECRET: marker('exchange-secret'),
  EXCHANGE_PROXY: marker('proxy'),
  JWT_SECRET: marker('a-jwt-secret-that-is-long-enough'),
  GATEWAY_API_KEYS: adminKey,
  'GATEWAY_API_KEYS, the second': engineKey,
  ALERT_WEBHOOK_URL: `hook-${randomBytes(12).toString('hex')}`,
  PAYLOAD_KEY: randomBytes(32).toString('base64'),
  TEMPORAL_API_KEY: marker('temporal'),
  AUTOTRAIN_TOKEN: marker('cli-token'),
  AUTOTRAIN_API_KEY: marker('cli-key'),
};

const stateDir = mkdtempSync(path.join(tmpdir(), 'autotrain-secrets-'));

/**
 * All but PAYLOAD_KEY, under which a secret in a payload would be there and could not be found, and TEMPORAL_API_KEY, which
 * wants TLS: a worker with both is in keys-of-temporal-that-leak.test.ts.
 */
const env = {
  STATE_DIR: stateDir,
  LOG_LEVEL: 'trace',
  SYMBOLS: 'BTC/USDT',
  // Some thousand candles are enough to go through every stage.
  START_TS: String(Date.now() - 4 * 86_400_000),
  HMM_STATES: '2',
  HMM_COVARIANCE: 'diag',
  REQUIRE_AUTH: 'true',
  API_KEY: secrets.API_KEY,
  API_SECRET: secrets.API_SECRET,
  EXCHANGE_PROXY: `http://user:${encodeURIComponent(secrets.EXCHANGE_PROXY)}@127.0.0.1:9`,
  JWT_SECRET: secrets.JWT_SECRET,
  AUTOTRAIN_TOKEN: secrets.AUTOTRAIN_TOKEN,
  AUTOTRAIN_API_KEY: secrets.AUTOTRAIN_API_KEY,
  GATEWAY_API_KEYS: `admin:${adminKey},engine:${engineKey}`,
  ALERT_WEBHOOK_URL: `http://127.0.0.1:9/${secrets.ALERT_WEBHOOK_URL}`,
};

let once: OnceResult;
beforeAll(async () => {
  once = await startOnce(env);
}, 600_000);
afterAll(() => rmSync(stateDir, { recursive: true, force: true }));

describe('one loop at LOG_LEVEL=trace', () => {
  it('went through, with its logs', () => {
    expect(once.summary.reason).toBeUndefined();
    expect(once.stderr).toContain('"level":20');
  });

  it('shows no secret on stdout and stderr', () => {
    expect(secretsIn(once.stderr + JSON.stringify(once.summary), secrets)).toEqual([]);
  });

  it('leaves no secret in a file: ledger, registry, candles, logs, nor in the database of Temporal', () => {
    const names = filesUnder(stateDir).map((file) => path.basename(file));
    expect(names).toEqual(
      expect.arrayContaining(['temporal.db', 'manifest.sqlite', 'metadata.json', 'server.log']),
    );
    expect(leaksUnder(stateDir, secrets)).toEqual([]);
  });

  it('left what its payloads say where it can be found, so that a secret in one would be', () => {
    const said = { argument: '"series":"binance:BTC/USDT:1m"', result: '"caughtUp":' };
    const databases = leaksUnder(stateDir, said).filter((leak) => leak.startsWith('temporal/temporal.db'));
    expect(databases.map((leak) => leak.split(': ')[1])).toEqual(
      expect.arrayContaining(['argument', 'result']),
    );
  });
});

/** What an attacker or a clumsy client asks, with and without a key. */
const asks: readonly (readonly [string, RequestInit])[] = [
  ['/metrics', {}],
  ['/health', {}],
  ['/ready', {}],
  ['/openapi.json', {}],
  ['/workflows', {}],
  ['/schedules', {}],
  ['/audit', {}],
  ['/nothing', {}],
  ['/train', { method: 'POST', body: '{' }],
  ['/train', { method: 'POST', body: '{}' }],
  ['/predict', { method: 'POST', body: '{"symbol":"../x"}' }],
  ['/model/promote', { method: 'POST', body: '{"version_id":"none"}' }],
  ['/kill', { method: 'POST', body: '{"reason":"a test"}' }],
];

const credentials = (): readonly Record<string, string>[] => [
  {},
  { 'x-api-key': adminKey },
  { 'x-api-key': engineKey },
  { 'x-api-key': 'wrong' },
  { authorization: 'Bearer a.b.c' },
];

it('a gateway with every secret set answers and logs none of them, and stores none', async () => {
  const gateway = await startGatewayProcess({
    ...env,
    DATA_DIR: path.join(stateDir, 'ml'),
    MODELS_DIR: path.join(stateDir, 'models'),
    TEMPORAL_ADDRESS: '127.0.0.1:9',
    TEMPORAL_API_KEY: secrets.TEMPORAL_API_KEY,
    PAYLOAD_KEY: secrets.PAYLOAD_KEY,
  });
  let logged = '';
  gateway.child.stderr?.on('data', (chunk) => {
    logged += chunk;
  });
  const answers: string[] = [];
  for (const headers of credentials())
    for (const [route, init] of asks) {
      const answer = await fetch(gateway.url + route, { ...init, headers });
      answers.push(`${answer.status} ${JSON.stringify([...answer.headers])} ${await answer.text()}`);
    }
  expect(await gateway.stop()).toBe(0);
  expect(answers.filter((answer) => answer.startsWith('200')).length).toBeGreaterThan(5);
  expect(answers.filter((answer) => answer.startsWith('401')).length).toBeGreaterThan(20);
  expect(secretsIn(answers.join('\n'), secrets)).toEqual([]);
  expect(secretsIn(logged, secrets)).toEqual([]);
  expect(leaksUnder(stateDir, secrets)).toEqual([]);
});

it('every secret setting has its marker', () => {
  const named = Object.entries(settings).flatMap(([name, setting]) => ('secret' in setting ? [name] : []));
  expect(Object.keys(secrets)).toEqual(expect.arrayContaining(named));
});

it.each<[string, (secret: string) => string]>([
  ['as it is', (secret) => secret],
  ['percent-encoded', encodeURIComponent],
  ['in base64', (secret) => Buffer.from(secret).toString('base64')],
  ['in base64 behind another text', (secret) => Buffer.from(`{"k":"${secret}"}`).toString('base64')],
  ['in base64url', (secret) => Buffer.from(`ab${secret}`).toString('base64url')],
  ['in hex', (secret) => Buffer.from(secret).toString('hex')],
])('a secret that is written down %s is found', (_, write) => {
  const planted = path.join(stateDir, 'planted.bin');
  writeFileSync(planted, `\0\xff something ${write(secrets.API_SECRET)} else`);
  expect(leaksUnder(stateDir, secrets)).toEqual(['planted.bin: API_SECRET']);
  rmSync(planted);
});
