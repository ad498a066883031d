import type { Role } from '../config.ts';

/** Each may do what the ones before it may. */
export const roles: readonly Role[] = ['reader', 'engine', 'trainer', 'admin'];

export const isRole = (value: unknown): value is Role => roles.some((role) => role === value);

export const roleAllows = (have: Role, need: Role) => roles.indexOf(have) >= roles.indexOf(need);
