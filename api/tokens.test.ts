import { createHmac, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { settings } from './app.fixture.ts';
import { assertSafeToServe, createAuthenticate } from './auth.ts';
import { principalOfToken, type TokenSettings } from './tokens.ts';

const pairOf = () => generateKeyPairSync('rsa', { modulusLength: 2048 });
const ours = pairOf();
const theirs = pairOf();
const pem = ours.publicKey.export({ type: 'spki', format: 'pem' }) as string;
const jwtSecret = 'a secret of thirty-two bytes or more';

const rs256: TokenSettings = {
  jwtAlgorithm: 'RS256',
  jwtSecret,
  jwtPublicKey: pem,
  jwtAudience: 'autotrain',
};
const check = (token: string, over: Partial<TokenSettings> = {}) =>
  principalOfToken({ ...rs256, ...over })(token);

const nowS = () => Math.floor(Date.now() / 1000);
const claims = () => ({ sub: 'bot', role: 'admin', aud: 'autotrain', exp: nowS() + 300 });
type Claims = Record<string, unknown>;

const signed = (payload: Claims = claims(), header: Claims = {}, key: KeyObject = ours.privateKey) =>
  new SignJWT(payload).setProtectedHeader({ alg: 'RS256', ...header }).sign(key);

const base64url = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** What jose would refuse to make. */
const forged = (header: Claims, payload: Claims, sign: (input: string) => string) => {
  const input = `${base64url(header)}.${base64url(payload)}`;
  return `${input}.${sign(input)}`;
};
const hmac = (secret: string) => (input: string) =>
  createHmac('sha256', secret).update(input).digest('base64url');

const without = (name: string): Claims =>
  Object.fromEntries(Object.entries(claims()).filter(([key]) => key !== name));

describe('RS256', () => {
  it('lets in who holds the private key, under the role of the token', async () => {
    expect(await check(await signed())).toEqual({ role: 'admin', subject: 'jwt:bot' });
    expect(await check(await signed({ ...claims(), role: 'reader' }))).toMatchObject({ role: 'reader' });
  });

  it('goes by one of several audiences, and by none where none is set', async () => {
    expect(await check(await signed({ ...claims(), aud: ['other', 'autotrain'] }))).toBeTruthy();
    expect(await check(await signed(without('aud')), { jwtAudience: undefined })).toBeTruthy();
  });

  it('is served over HTTP headers like HS256', async () => {
    const ask = createAuthenticate({ ...rs256, requireAuth: true, apiKeys: [] });
    const authorization = `Bearer ${await signed()}`;
    expect(await ask(new Headers({ authorization }))).toMatchObject({ role: 'admin' });
  });
});

describe('a token is refused with 401', () => {
  const cases: Record<string, () => string | Promise<string>> = {
    'signed by another key': () => signed(claims(), {}, theirs.privateKey),
    'HS256 with the public key as the secret': () => forged({ alg: 'HS256' }, claims(), hmac(pem)),
    'HS256 with the trimmed public key': () => forged({ alg: 'HS256' }, claims(), hmac(pem.trim())),
    'HS256 with the secret that is configured beside it': () =>
      forged({ alg: 'HS256' }, claims(), hmac(jwtSecret)),
    'alg none': () => forged({ alg: 'none' }, claims(), () => ''),
    'alg nOnE': () => forged({ alg: 'nOnE' }, claims(), () => ''),
    'without alg': () => forged({}, claims(), () => ''),
    'alg as a list': () => forged({ alg: ['RS256'] }, claims(), () => ''),
    'RS256 without signature': () => forged({ alg: 'RS256' }, claims(), () => ''),
    'PS256 by the right key': () => signed(claims(), { alg: 'PS256' }),
    'RS512 by the right key': () => signed(claims(), { alg: 'RS512' }),
    expired: () => signed({ ...claims(), exp: nowS() - 60 }),
    'not valid yet': () => signed({ ...claims(), nbf: nowS() + 60 }),
    'without exp': () => signed(without('exp')),
    'exp as text': () => signed({ ...claims(), exp: String(nowS() + 300) }),
    'for another audience': () => signed({ ...claims(), aud: 'elsewhere' }),
    'for no audience': () => signed(without('aud')),
    'for an audience that merely contains ours': () => signed({ ...claims(), aud: 'autotrain2' }),
    'with the key in its own header': () =>
      signed(claims(), { jwk: theirs.publicKey.export({ format: 'jwk' }) }, theirs.privateKey),
    'with the address of a key': () =>
      signed(claims(), { jku: 'https://example.org/jwks' }, theirs.privateKey),
    'with kid as a path': () => signed(claims(), { kid: '../../../../dev/null' }, theirs.privateKey),
    'kid of an empty file, signed with nothing': () =>
      forged({ alg: 'HS256', kid: '/dev/null' }, claims(), hmac('')),
    'with kid as SQL': () => signed(claims(), { kid: "' UNION SELECT 'x" }, theirs.privateKey),
    'with an unknown critical header': () => signed(claims(), { crit: ['x'], x: 1 }).catch(() => 'a.b.c'),
    huge: () => signed({ ...claims(), filler: 'x'.repeat(10_000) }),
    'with a line break in sub': () => signed({ ...claims(), sub: 'bot\nadmin' }),
    'not a token': () => 'a.b.c',
    'of five parts': () => 'a.b.c.d.e',
  };
  it.each(Object.entries(cases))('%s', async (_, make) => {
    await expect(check(await make())).rejects.toMatchObject({ status: 401, code: 'Unauthorized' });
  });

  it('RS256 where HS256 is asked for', async () => {
    await expect(check(await signed(), { jwtAlgorithm: 'HS256' })).rejects.toMatchObject({ status: 401 });
  });

  it('whose payload was changed', async () => {
    const [header, , signature] = (await signed({ ...claims(), role: 'reader' })).split('.');
    const raised = `${header}.${base64url(claims())}.${signature}`;
    await expect(check(raised)).rejects.toMatchObject({ status: 401 });
  });
});

it('kid and other hints of the right key change nothing', async () => {
  const token = await signed(claims(), { kid: 'any', jku: 'https://example.org', typ: 'JWT' });
  expect(await check(token)).toMatchObject({ role: 'admin' });
});

describe('roles', () => {
  it.each([
    [{ role: 'ADMIN' }],
    [{ role: 'admin ' }],
    [{ roles: [['admin']] }],
    [{ roles: { admin: true } }],
    [{ role: 'superadmin' }],
    [{ scope: 'admin' }],
    [{ role: { toString: 'admin' } }],
  ])('%o gives none', async (named) => {
    const token = await signed({ ...without('role'), ...named });
    await expect(check(token)).rejects.toMatchObject({ status: 403 });
  });
});

describe('RS256 without its key', () => {
  const start = (over: object) => () =>
    assertSafeToServe({ ...settings.gateway, requireAuth: true, jwtAlgorithm: 'RS256', ...over });

  it('refuses to start, also with the secret of the other algorithm', () => {
    expect(start({})).toThrow(/GATEWAY_API_KEYS or JWT_PUBLIC_KEY/);
    expect(start({ jwtSecret })).toThrow(/JWT_PUBLIC_KEY/);
    expect(start({ jwtPublicKey: pem })).not.toThrow();
  });
});
