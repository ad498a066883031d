import { setTimeout as delay } from 'node:timers/promises';
import type { Loop } from './loop.ts';

/**
 * Lets the loop come to its end without disturbance: what is left then, nothing will ever reclaim. Nobody has died
 * since `quietSinceMs`.
 */
export const calm = async (
  loop: Loop,
  { leaseMs }: { readonly leaseMs: number },
  quietSinceMs: number,
): Promise<void> => {
  await loop.janitor();
  await loop.ingest(60);
  await loop.retrain();
  await loop.promote();
  // The janitor leaves alone what is younger than two leases: it may be on its way.
  await delay(Math.max(0, quietSinceMs + 2 * leaseMs + 500 - Date.now()));
  await loop.janitor();
  await loop.ingest(0);
  await loop.retrain();
  await loop.janitor();
};
