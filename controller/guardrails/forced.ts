import type { ArmRow } from '../arms.ts';
import type { Db } from '../database.ts';
import type { HotScope } from '../ready-scope.ts';
import { isOpen, standingOf, strictest, type TradingState } from './standing.ts';
import { targetsOf } from './targets.ts';

/** Why the policy is not asked, and what is served instead. */
export interface Forced {
  /** On record: `kill`, `lock:<protection>`, `pin` or `shadow`. */
  readonly by: string;
  readonly arm: number;
}

/** Whether it is there to prevent harm: a pin and shadow mode are choices. */
export const isProtective = ({ by }: Forced): boolean => by === 'kill' || by.startsWith('lock:');

/** Where a scope stands before anything is drawn. */
export interface Constraint {
  readonly tradingState: TradingState;
  readonly forced: Forced | undefined;
}

const indexOfPreset = (arms: readonly ArmRow[], preset: string | null): number =>
  arms.findIndex(({ presetId }) => presetId === preset);

/** The arm of the schema's safe default, which has the parameters that the schema gives it; of a strategy without a schema, the lowest preset id. */
export const safeArm = ({ arms, schema, row }: Pick<HotScope, 'arms' | 'schema' | 'row'>): number => {
  if (!schema) return 0;
  const safe = indexOfPreset(arms, schema.safe_default);
  if (safe >= 0) return safe;
  throw new RangeError(
    `${row.strategy} on ${row.instrument} has no arm of its safe default ${schema.safe_default}`,
  );
};

/** A kill comes before locks, locks before a pin, a pin before shadow mode. */
export const constraintOf = (db: Db, hot: HotScope, now: number): Constraint => {
  const standing = standingOf(db, now);
  const targets = targetsOf(hot.row);
  const killed = strictest(standing.states, targets);
  const tradingState = killed?.state ?? 'ACTIVE';
  const safe = safeArm(hot);
  if (killed) return { tradingState, forced: { by: 'kill', arm: safe } };
  const lock = standing.locks.find((one) => targets.includes(one.target) && isOpen(one, now));
  if (lock) return { tradingState, forced: { by: `lock:${lock.protection}`, arm: safe } };
  const pinned = indexOfPreset(hot.arms, hot.row.pinnedPreset);
  if (pinned >= 0) return { tradingState, forced: { by: 'pin', arm: pinned } };
  return { tradingState, forced: hot.policy.shadow ? { by: 'shadow', arm: safe } : undefined };
};
