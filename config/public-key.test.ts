import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../config.ts';
import { rsaPublicKey } from './public-key.ts';

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const spki = { type: 'spki', format: 'pem' } as const;
const pem = (rsa.publicKey.export(spki) as string).trim();
const folder = mkdtempSync(path.join(tmpdir(), 'autotrain-key-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const fileWith = (text: string): string => {
  const file = path.join(folder, 'public.pem');
  writeFileSync(file, text);
  return file;
};

describe('JWT_PUBLIC_KEY', () => {
  it('is a PEM, with line ends written out or not, or a file that holds it', () => {
    expect(rsaPublicKey(pem)).toBe(pem);
    expect(rsaPublicKey(pem.replaceAll('\n', '\\n'))).toBe(pem);
    expect(rsaPublicKey(fileWith(`${pem}\n`))).toBe(pem);
  });

  it.each([
    ['a file that is not there', () => path.join(folder, 'none.pem')],
    ['a folder', () => folder],
    ['a file of something else', () => fileWith('hello')],
    ['a private key', () => rsa.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string],
    [
      'a key too short to be safe',
      () => generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export(spki) as string,
    ],
    [
      'a key of another kind',
      () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export(spki) as string,
    ],
    ['a PEM cut short', () => pem.slice(0, 100)],
  ])('refuses %s, without showing it', (_, make) => {
    const text = make();
    const load = () => loadConfig({ JWT_PUBLIC_KEY: text });
    expect(load).toThrow(/JWT_PUBLIC_KEY=\(hidden\): allowed is the PEM text of an RSA public key/);
    expect(load).not.toThrow(text.slice(0, 60));
  });
});

describe('REQUIRE_AUTH', () => {
  const load = (env: NodeJS.ProcessEnv) => () => loadConfig({ REQUIRE_AUTH: 'true', ...env });
  const secret = 'a secret of thirty-two bytes or more';

  it('starts with the key of its algorithm, or with API keys', () => {
    expect(load({ JWT_ALG: 'RS256', JWT_PUBLIC_KEY: pem })).not.toThrow();
    expect(load({ JWT_ALG: 'RS256', GATEWAY_API_KEYS: 'admin:12345678' })).not.toThrow();
    expect(load({ JWT_SECRET: secret })).not.toThrow();
    expect(load({ JWT_ALG: 'RS256', JWT_PUBLIC_KEY: pem, JWT_SECRET: secret })).not.toThrow();
  });

  it('does not start without one, or with that of the other algorithm alone', () => {
    expect(load({ JWT_ALG: 'RS256' })).toThrow('REQUIRE_AUTH=true needs JWT_PUBLIC_KEY or GATEWAY_API_KEYS');
    expect(load({ JWT_ALG: 'RS256', JWT_SECRET: secret })).toThrow('JWT_ALG=RS256 needs JWT_PUBLIC_KEY');
    expect(load({ JWT_PUBLIC_KEY: pem })).toThrow('JWT_ALG=HS256 needs JWT_SECRET');
  });

  it('a public key is never the secret of HS256', () => {
    expect(load({ JWT_SECRET: pem.replaceAll('\n', '\\n') })).toThrow(/JWT_SECRET=\(hidden\)/);
  });
});
