import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { settings } from '../config/settings.ts';
import { loadConfig } from '../config.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const units = ['autotrain-gateway.service', 'autotrain-worker@.service'] as const;
const pathOf = (unit: string): string => join(root, 'ops/systemd', unit);
const read = (unit: string): string => readFileSync(pathOf(unit), 'utf8');

const valuesOf = (unit: string, key: string): string[] =>
  [...read(unit).matchAll(new RegExp(`^${key}=(.*)$`, 'gm'))].map(([, value = '']) => value);

/** What the unit sets, with its folders as systemd would name them. */
const environmentOf = (unit: string): Record<string, string> =>
  Object.fromEntries(
    valuesOf(unit, 'Environment')
      .flatMap((line) => line.split(' '))
      .map((pair) => {
        const at = pair.indexOf('=');
        return [pair.slice(0, at), pair.slice(at + 1)];
      }),
  );

const ofOthers = ['NODE_ENV', 'XDG_CACHE_HOME'];

describe.each(units)('%s', (unit) => {
  it('starts what is built, as a user of its own, bounded and hardened', () => {
    const [, file = ''] = /node \/opt\/autotrain\/dist\/([\w/]+)\.js/.exec(read(unit)) ?? [];
    expect(existsSync(join(root, `${file}.ts`))).toBe(true);
    expect(valuesOf(unit, 'User')).toEqual(['autotrain']);
    for (const key of ['MemoryMax', 'CPUQuota', 'TasksMax', 'TimeoutStopSec', 'Restart'])
      expect([key, valuesOf(unit, key).length]).toEqual([key, 1]);
    for (const key of ['NoNewPrivileges', 'ProtectHome', 'PrivateTmp'])
      expect([key, valuesOf(unit, key)]).toEqual([key, ['true']]);
    expect(valuesOf(unit, 'ProtectSystem')).toEqual(['strict']);
    // V8 compiles as it runs.
    expect(valuesOf(unit, 'MemoryDenyWriteExecute')).toEqual([]);
  });

  it('sets settings that exist, and that are accepted', () => {
    const { GATEWAY_API_KEYS_FILE: keys, ...environment } = environmentOf(unit);
    const known = [...Object.keys(settings), ...ofOthers];
    expect(Object.keys(environment).filter((name) => !known.includes(name))).toEqual([]);
    const given =
      keys === undefined ? environment : { ...environment, GATEWAY_API_KEYS: 'engine:a-secret-key' };
    expect(loadConfig(given).paths).toMatchObject({
      ledgerFile: '/var/lib/autotrain/ml/manifest.sqlite',
      modelsDir: '/var/lib/autotrain/models',
    });
  });

  it('is what systemd accepts, where it is there to ask', () => {
    if (!existsSync('/usr/bin/systemd-analyze') || !existsSync('/usr/bin/node')) return;
    const said = execFileSync('systemd-analyze', ['verify', '--man=no', pathOf(unit)], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    expect(said).toBe('');
  });
});
