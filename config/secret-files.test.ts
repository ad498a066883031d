import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { ConfigError, loadConfig } from '../config.ts';
import { settings } from './settings.ts';

const folder = mkdtempSync(join(tmpdir(), 'autotrain-secret-files-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const fileWith = (text: string): string => {
  const path = join(folder, `${Math.random()}`);
  writeFileSync(path, text);
  return path;
};

const problemsOf = (env: NodeJS.ProcessEnv): readonly string[] => {
  try {
    loadConfig(env);
  } catch (cause) {
    if (cause instanceof ConfigError) return cause.problems;
    throw cause;
  }
  return [];
};

it('a secret may stand in a file, with a line end that does not belong to it', () => {
  const config = loadConfig({
    API_KEY_FILE: fileWith('exchange-key\n'),
    GATEWAY_API_KEYS_FILE: fileWith('engine:abcdefgh,admin:ijklmnop\r\n'),
  });
  expect(config.exchange.apiKey).toBe('exchange-key');
  expect(config.gateway.apiKeys.map(({ role }) => role)).toEqual(['engine', 'admin']);
});

it('the .env file may name the files', () => {
  const envFile = fileWith(`JWT_SECRET_FILE=${fileWith('x'.repeat(40))}\n`);
  const config = loadConfig({}, { envFile });
  expect(config.gateway.jwtSecret).toBe('x'.repeat(40));
  expect(config.warnings).toEqual([]);
});

it('every secret setting has one, and no other setting', () => {
  for (const [name, setting] of Object.entries(settings)) {
    const [problem = ''] = problemsOf({ [`${name}_FILE`]: '/nowhere/at/all' });
    const isRead = problem.includes(`${name}_FILE="/nowhere/at/all": allowed is the path of a file`);
    expect([name, isRead]).toEqual([name, 'secret' in setting]);
  }
});

it('an empty file counts as unset', () => {
  expect(loadConfig({ PAYLOAD_KEY_FILE: fileWith('\n') }).temporal.payloadKeys).toEqual([]);
});

it('a file beside the secret itself is refused, and what a file says is never shown', () => {
  expect(problemsOf({ API_KEY: 'one', API_KEY_FILE: fileWith('two') })).toEqual([
    'API_KEY and API_KEY_FILE are both set: unset one',
  ]);
  const [problem = ''] = problemsOf({ JWT_SECRET_FILE: fileWith('short-secret') });
  expect(problem).toContain('JWT_SECRET=(hidden): allowed is 32 characters');
  expect(problem).not.toContain('short-secret');
});

it('a misspelt name is told', () => {
  expect(problemsOf({ JWT_SECRETFILE: '/run/secrets/x' })).toEqual([
    'JWT_SECRETFILE=(hidden): unknown, did you mean JWT_SECRET_FILE?',
  ]);
});
