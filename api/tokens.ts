import { createPublicKey, type KeyObject } from 'node:crypto';
import { errors, type JWTPayload, jwtVerify } from 'jose';
import type { GatewayConfig, Role } from '../config.ts';
import type { Principal } from './auth.ts';
import { ApiError, unauthorized } from './errors.ts';
import { isRole, roles } from './roles.ts';

export type TokenSettings = Pick<
  GatewayConfig,
  'jwtAlgorithm' | 'jwtSecret' | 'jwtPublicKey' | 'jwtAudience'
>;

/** Our roles and an audience take some hundred characters; checking a signature over more is work for nothing. */
const longestToken = 8_192;

/** The one key of the one algorithm: a token that names another is refused, whichever other keys are set. */
const keyOf = ({
  jwtAlgorithm,
  jwtSecret,
  jwtPublicKey,
}: TokenSettings): Uint8Array | KeyObject | undefined => {
  if (jwtAlgorithm === 'RS256') return jwtPublicKey === undefined ? undefined : createPublicKey(jwtPublicKey);
  return jwtSecret === undefined ? undefined : new TextEncoder().encode(jwtSecret);
};

/** The highest of the roles that the token names in `role` or `roles`. */
const roleOfClaims = ({ role, roles: several }: JWTPayload): Role => {
  const named = [role, several].flat().filter(isRole);
  const highest = named.sort((a, b) => roles.indexOf(b) - roles.indexOf(a))[0];
  if (!highest) throw new ApiError(403, 'Forbidden', `the token names none of the roles ${roles.join(', ')}`);
  return highest;
};

/** It goes into the audit and into logs: a line break in it would forge an entry. */
const subjectOf = ({ sub = 'anonymous' }: JWTPayload): string => {
  if (/^[^\p{C}\p{Zl}\p{Zp}]{1,200}$/u.test(sub)) return `jwt:${sub}`;
  throw unauthorized('token refused: "sub" is 1 to 200 printable characters');
};

const refuseToken = (error: unknown): never => {
  throw unauthorized(error instanceof errors.JOSEError ? `token refused: ${error.message}` : 'token refused');
};

/**
 * Checks a bearer token: signature by our key under our algorithm, `exp`, `nbf`, the audience where one is set. What
 * the token's own header says of keys (`kid`, `jwk`, `jku`, `x5c`) is never followed.
 */
export const principalOfToken = (settings: TokenSettings) => {
  const key = keyOf(settings);
  const options = {
    algorithms: [settings.jwtAlgorithm],
    requiredClaims: ['exp'],
    ...(settings.jwtAudience ? { audience: settings.jwtAudience } : {}),
  };
  return async (token: string): Promise<Principal> => {
    if (!key) throw unauthorized('bearer tokens are not configured');
    if (token.length > longestToken)
      throw unauthorized(`token refused: longer than ${longestToken} characters`);
    const { payload } = await jwtVerify(token, key, options).catch(refuseToken);
    return { role: roleOfClaims(payload), subject: subjectOf(payload) };
  };
};
