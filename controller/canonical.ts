import { hash } from 'node:crypto';

const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sorted(inner)]));
};

/** JSON with sorted keys: equal values give equal text. */
export const canonicalJson = (value: unknown): string => JSON.stringify(sorted(value));

export const hashOf = (value: unknown): string => hash('sha256', canonicalJson(value));

/** Short, because every decision has one: two questions of a scope that collide would need 2^32 of them. */
export const askedHashOf = (features: object): string => hashOf(features).slice(0, 16);

/** Doubles as bytes, in the machine's order, which is little-endian wherever Node runs. */
export const toBlob = (values: Float64Array): Buffer =>
  Buffer.from(values.buffer, values.byteOffset, values.byteLength);

/** Copies, because SQLite's buffers are not aligned to eight bytes. */
export const fromBlob = (bytes: Buffer): Float64Array => new Float64Array(new Uint8Array(bytes).buffer);
