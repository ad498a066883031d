import type { Loop } from './loop.ts';
import type { Supervisor } from './supervisor.ts';
import type { World } from './world.ts';

/** A loop, and what the plan needs to know of it. */
export interface Playing {
  readonly world: World;
  readonly loop: Loop;
  readonly supervisor: Pick<Supervisor, 'nextKill'>;
  /** Paths of CSVs that the test damages. */
  readonly damaged: string[];
}

export interface Stage {
  readonly member: 'ingest' | 'train';
  /** Points that one run of `work` passes in this order, a death at each. */
  readonly points: readonly string[];
  readonly work: () => Promise<void>;
}

export const around = (commit: string): string[] => [`${commit}:uncommitted`, `${commit}:committed`];
export const durably = (what: string): string[] =>
  ['unsynced', 'written', 'renamed', 'synced'].map((at) => `${what}:${at}`);

export const trained = async (loop: Loop, candles = 60): Promise<void> => {
  await loop.ingest(candles);
  await loop.retrain();
};
