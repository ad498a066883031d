import type { Parse } from './parsers.ts';

const roles = ['reader', 'engine', 'trainer', 'admin'] as const;
export type Role = (typeof roles)[number];

export interface ApiKey {
  readonly role: Role;
  readonly key: string;
}

const isRole = (word: string): word is Role => roles.some((role) => role === word);

/** `<role>:<key>`, or a bare key for an engine, as older deployments write it. */
export const apiKey: Parse<ApiKey> = (text) => {
  const at = text.indexOf(':');
  const role = at < 0 ? 'engine' : text.slice(0, at);
  const key = text.slice(at + 1);
  if (isRole(role) && key.length >= 8) return { role, key };
  throw new RangeError(
    `<role>:<key> separated by commas, role one of ${roles.join(', ')}, key of 8 characters or more`,
  );
};
