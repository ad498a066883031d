import { createHash } from 'node:crypto';

/** What `model_hash` is: the sha256 of model.json's bytes, in hex. */
export const modelHashOf = (bytes: string | Uint8Array): string =>
  createHash('sha256').update(bytes).digest('hex');
