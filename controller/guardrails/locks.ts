import { eq } from 'drizzle-orm';
import type { Db } from '../database.ts';
import { locks } from '../schema.ts';
import { recordAct } from './audit.ts';
import { forgetStanding, isOpen, type LockRow, standingOf } from './standing.ts';
import type { Target } from './targets.ts';

/** Why a protection locks: with the numbers that made it so, for people. */
export interface NewLock {
  readonly target: Target;
  readonly protection: string;
  readonly reason: string;
  /** null: until what it waits for is there again. */
  readonly until: number | null;
}

/** The open lock of a protection on a target. */
export const openLock = (db: Db, target: Target, protection: string, now: number): LockRow | undefined =>
  standingOf(db, now).locks.find(
    (lock) => lock.target === target && lock.protection === protection && isOpen(lock, now),
  );

/** Locks, unless the same protection holds the target already. */
export const lockTarget = (db: Db, lock: NewLock, now: number): void => {
  if (openLock(db, lock.target, lock.protection, now)) return;
  const actor = `protection:${lock.protection}`;
  db.insert(locks)
    .values({ ...lock, actor, createdAt: now })
    .run();
  recordAct(db, { actor, action: 'lock', target: lock.target, reason: lock.reason, until: lock.until }, now);
  forgetStanding(db);
};

export const liftLock = (
  db: Db,
  { id, target, protection }: LockRow,
  { actor, reason }: { actor: string; reason: string },
  now: number,
): void => {
  db.update(locks).set({ liftedAt: now, liftedBy: actor }).where(eq(locks.id, id)).run();
  recordAct(db, { actor, action: 'unlock', target, reason, detail: { lock: id, protection } }, now);
  forgetStanding(db);
};
