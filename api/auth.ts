import { createHash, timingSafeEqual } from 'node:crypto';
import type { GatewayConfig, Role } from '../config.ts';
import { unauthorized } from './errors.ts';
import { principalOfToken, type TokenSettings } from './tokens.ts';

export type AuthSettings = Pick<GatewayConfig, 'requireAuth' | 'apiKeys'> & TokenSettings;

export interface Principal {
  /** Who asks, for the audit and the rate limit. */
  readonly subject: string;
  readonly role: Role;
}

/** Answers who asks, or throws 401. */
export type Authenticate = (headers: { get(name: string): string | null }) => Promise<Principal>;

const digest = (text: string) => createHash('sha256').update(text).digest();

/** Settings under which serving would be open by mistake stop the start. */
export const assertSafeToServe = ({ host, allowInsecure, ...auth }: GatewayConfig): void => {
  if (auth.requireAuth && auth.apiKeys.length === 0 && !hasTokenKey(auth)) {
    throw new Error(
      `REQUIRE_AUTH=true needs GATEWAY_API_KEYS or ${keySetting[auth.jwtAlgorithm]}: without one nobody could ask`,
    );
  }
  if (!auth.requireAuth && !isLoopback(host) && !allowInsecure) {
    throw new Error(
      `HOST=${host} is reachable from other machines and REQUIRE_AUTH is off: set REQUIRE_AUTH=true, or ALLOW_INSECURE=true to serve without keys`,
    );
  }
};

/** Where the key of each algorithm stands. */
const keySetting = { HS256: 'JWT_SECRET', RS256: 'JWT_PUBLIC_KEY' } as const;

const hasTokenKey = ({ jwtAlgorithm, jwtSecret, jwtPublicKey }: TokenSettings) =>
  (jwtAlgorithm === 'RS256' ? jwtPublicKey : jwtSecret) !== undefined;

const isLoopback = (host: string) =>
  host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);

/** Every key is compared, and hashes of equal length at that, so the time tells nothing about the keys. */
const principalOfKey = ({ apiKeys }: AuthSettings) => {
  const known = apiKeys.map(({ role, key }) => ({ role, hash: digest(key) }));
  return (presented: string): Principal => {
    const hash = digest(presented);
    const matches = known.filter((candidate) => timingSafeEqual(candidate.hash, hash));
    const [match] = matches;
    if (!match) throw unauthorized('unknown API key');
    return { subject: `key:${hash.toString('hex').slice(0, 8)}`, role: match.role };
  };
};

export const createAuthenticate = (settings: AuthSettings): Authenticate => {
  if (!settings.requireAuth) return async () => ({ subject: 'anonymous', role: 'admin' });
  const byKey = principalOfKey(settings);
  const byToken = principalOfToken(settings);
  return async (headers) => {
    const key = headers.get('x-api-key');
    if (key) return byKey(key);
    const token = /^Bearer +(\S+)$/i.exec(headers.get('authorization') ?? '')?.[1];
    if (token) return byToken(token);
    throw unauthorized('an X-API-Key or a bearer token is needed');
  };
};
