import { createHash, timingSafeEqual } from 'node:crypto';
import { errors, type JWTPayload, jwtVerify } from 'jose';
import type { GatewayConfig, Role } from '../config.ts';
import { ApiError } from './errors.ts';

/** Each may do what the ones before it may. */
const roles: readonly Role[] = ['reader', 'engine', 'trainer', 'admin'];

export type AuthSettings = Pick<GatewayConfig, 'requireAuth' | 'apiKeys' | 'jwtSecret' | 'jwtAudience'>;

export interface Principal {
  /** Who asks, for the audit and the rate limit. */
  readonly subject: string;
  readonly role: Role;
}

/** Answers who asks, or throws 401. */
export type Authenticate = (headers: { get(name: string): string | null }) => Promise<Principal>;

const digest = (text: string) => createHash('sha256').update(text).digest();

const unauthorized = (detail: string) =>
  new ApiError(401, 'Unauthorized', detail, { 'WWW-Authenticate': 'Bearer' });

const isRole = (value: unknown): value is Role => roles.some((role) => role === value);

export const roleAllows = (have: Role, need: Role) => roles.indexOf(have) >= roles.indexOf(need);

/** Settings under which serving would be open by mistake stop the start. */
export const assertSafeToServe = ({ host, allowInsecure, ...auth }: GatewayConfig): void => {
  if (auth.requireAuth && auth.apiKeys.length === 0 && !auth.jwtSecret) {
    throw new Error('REQUIRE_AUTH=true needs GATEWAY_API_KEYS or JWT_SECRET: without one nobody could ask');
  }
  if (!auth.requireAuth && !isLoopback(host) && !allowInsecure) {
    throw new Error(
      `HOST=${host} is reachable from other machines and REQUIRE_AUTH is off: set REQUIRE_AUTH=true, or ALLOW_INSECURE=true to serve without keys`,
    );
  }
};

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

/** The highest of the roles that the token names in `role` or `roles`. */
const roleOfClaims = ({ role, roles: several }: JWTPayload): Role => {
  const named = [role, several].flat().filter(isRole);
  const highest = named.sort((a, b) => roles.indexOf(b) - roles.indexOf(a))[0];
  if (!highest) throw new ApiError(403, 'Forbidden', `the token names none of the roles ${roles.join(', ')}`);
  return highest;
};

const principalOfToken = ({ jwtSecret, jwtAudience }: AuthSettings) => {
  const secret = new TextEncoder().encode(jwtSecret);
  const options = {
    algorithms: ['HS256'],
    requiredClaims: ['exp'],
    ...(jwtAudience ? { audience: jwtAudience } : {}),
  };
  return async (token: string): Promise<Principal> => {
    if (!jwtSecret) throw unauthorized('bearer tokens are not configured');
    const { payload } = await jwtVerify(token, secret, options).catch(refuseToken);
    return { subject: `jwt:${payload.sub ?? 'anonymous'}`, role: roleOfClaims(payload) };
  };
};

const refuseToken = (error: unknown): never => {
  throw unauthorized(error instanceof errors.JOSEError ? `token refused: ${error.message}` : 'token refused');
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
