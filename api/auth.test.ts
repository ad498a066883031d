import { SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import type { GatewayConfig } from '../config.ts';
import { settings } from './app.fixture.ts';
import { type AuthSettings, assertSafeToServe, createAuthenticate } from './auth.ts';
import { roleAllows } from './roles.ts';

const jwtSecret = 'a secret of thirty-two bytes or more';
const auth: AuthSettings = {
  requireAuth: true,
  apiKeys: [
    { role: 'reader', key: 'read-me' },
    { role: 'admin', key: 'rule-me' },
  ],
  jwtAlgorithm: 'HS256',
  jwtSecret,
  jwtPublicKey: undefined,
  jwtAudience: undefined,
};

const token = (claims: Record<string, unknown>, { secret = jwtSecret, alg = 'HS256', expires = '5m' } = {}) =>
  new SignJWT(claims)
    .setProtectedHeader({ alg })
    .setExpirationTime(expires)
    .sign(new TextEncoder().encode(secret));

const ask = (headers: Record<string, string>, over: Partial<AuthSettings> = {}) =>
  createAuthenticate({ ...auth, ...over })(new Headers(headers));

const bearer = (value: string) => ({ authorization: `Bearer ${value}` });

describe('API keys', () => {
  it('carry the role they were given with', async () => {
    expect(await ask({ 'x-api-key': 'read-me' })).toMatchObject({ role: 'reader' });
    expect(await ask({ 'x-api-key': 'rule-me' })).toMatchObject({ role: 'admin' });
  });

  it('that are unknown, or missing, are refused, and the subject never shows the key', async () => {
    await expect(ask({ 'x-api-key': 'read-m' })).rejects.toMatchObject({ status: 401 });
    await expect(ask({})).rejects.toMatchObject({ status: 401 });
    expect(JSON.stringify(await ask({ 'x-api-key': 'rule-me' }))).not.toContain('rule-me');
  });
});

describe('bearer tokens', () => {
  it('give the highest role of role and roles', async () => {
    expect(await ask(bearer(await token({ role: 'engine', sub: 'bot' })))).toEqual({
      role: 'engine',
      subject: 'jwt:bot',
    });
    expect(await ask(bearer(await token({ roles: ['reader', 'trainer'] })))).toMatchObject({
      role: 'trainer',
    });
  });

  it('without a known role are forbidden', async () => {
    await expect(ask(bearer(await token({ role: 'root' })))).rejects.toMatchObject({ status: 403 });
  });

  it.each([
    ['of another secret', () => token({ role: 'admin' }, { secret: 'another secret of thirty-two bytes' })],
    ['of another algorithm', () => token({ role: 'admin' }, { alg: 'HS512', secret: jwtSecret.repeat(2) })],
    ['that expired', () => token({ role: 'admin' }, { expires: '-1m' })],
    [
      'without exp',
      () =>
        new SignJWT({ role: 'admin' })
          .setProtectedHeader({ alg: 'HS256' })
          .sign(new TextEncoder().encode(jwtSecret)),
    ],
    [
      'that are unsigned',
      async () => `${btoa('{"alg":"none"}')}.${btoa('{"role":"admin","exp":9999999999}')}.`,
    ],
  ])('%s are refused', async (_, make) => {
    await expect(ask(bearer(await make()))).rejects.toMatchObject({ status: 401 });
  });

  it('must be for our audience when one is set', async () => {
    const ours = await token({ role: 'admin', aud: 'autotrain' });
    const others = await token({ role: 'admin', aud: 'elsewhere' });
    expect(await ask(bearer(ours), { jwtAudience: 'autotrain' })).toMatchObject({ role: 'admin' });
    await expect(ask(bearer(others), { jwtAudience: 'autotrain' })).rejects.toMatchObject({ status: 401 });
  });

  it('are refused where no secret is set', async () => {
    await expect(ask(bearer(await token({ role: 'admin' })), { jwtSecret: undefined })).rejects.toMatchObject(
      { status: 401 },
    );
  });
});

it('roles include the ones below them', () => {
  expect(roleAllows('trainer', 'engine')).toBe(true);
  expect(roleAllows('engine', 'trainer')).toBe(false);
});

describe('a start that would serve everyone by mistake is refused', () => {
  const start = (over: Partial<GatewayConfig>) => () => assertSafeToServe({ ...settings.gateway, ...over });

  it('auth on without any key', () => {
    expect(start({ requireAuth: true })).toThrow(/GATEWAY_API_KEYS/);
  });

  it.each(['0.0.0.0', '::', '10.0.0.4', '127.0.0.1.example.org'])('HOST=%s with auth off', (host) => {
    expect(start({ host })).toThrow(/ALLOW_INSECURE/);
    expect(start({ host, allowInsecure: true })).not.toThrow();
    expect(start({ host, ...auth })).not.toThrow();
  });

  it.each(['127.0.0.1', 'localhost', '::1'])('but HOST=%s is this machine only', (host) => {
    expect(start({ host })).not.toThrow();
  });
});
