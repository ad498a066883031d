import { and, eq, gt, isNull, or } from 'drizzle-orm';
import type { Db } from '../database.ts';
import { memoryOf } from '../per-connection.ts';
import { evaluationWindows, locks, tradingStateRows, tradingStates } from '../schema.ts';
import type { Target } from './targets.ts';

export type TradingState = (typeof tradingStates)[number];
export type LockRow = typeof locks.$inferSelect;
export type TradingStateRow = typeof tradingStateRows.$inferSelect;
export type WindowRow = typeof evaluationWindows.$inferSelect;

/** All guardrails that stand: few rows, read once and remembered until one of them changes. */
export interface Standing {
  readonly states: readonly TradingStateRow[];
  /** Not lifted; a timed one may have run out since. */
  readonly locks: readonly LockRow[];
  readonly windows: readonly WindowRow[];
}

const key = '#standing';

/** To be called after every change of a lock, a trading state or an evaluation window. */
export const forgetStanding = (db: Db): void => void memoryOf(db).delete(key);

const readStanding = (db: Db, now: number): Standing => ({
  states: db.select().from(tradingStateRows).all(),
  locks: db
    .select()
    .from(locks)
    .where(and(isNull(locks.liftedAt), or(isNull(locks.until), gt(locks.until, now))))
    .all(),
  windows: db.select().from(evaluationWindows).where(gt(evaluationWindows.until, now)).all(),
});

export const standingOf = (db: Db, now: number): Standing => {
  const memory = memoryOf(db);
  const known = (memory.get(key) as Standing | undefined) ?? readStanding(db, now);
  memory.set(key, known);
  return known;
};

export const isOpen = ({ until }: LockRow, now: number): boolean => until === null || until > now;

/** The strictest trading state of the targets, with the row that says so; undefined is ACTIVE. */
export const strictest = (
  states: readonly TradingStateRow[],
  targets: readonly Target[],
): TradingStateRow | undefined =>
  states
    .filter(({ target, state }) => state !== 'ACTIVE' && targets.includes(target))
    .sort((a, b) => tradingStates.indexOf(b.state) - tradingStates.indexOf(a.state))[0];

/** In words, of one that is not ACTIVE. */
export const describeTrading = ({ target, state, actor, since, reason }: TradingStateRow): string =>
  `trading of ${target === '*' ? 'everything' : target} is ${state} since ${new Date(since).toISOString()} (by ${actor}): ${reason}`;

/** ε that an open evaluation window asks for at least; 0 without one. */
export const windowEpsilon = ({ windows }: Standing, scopeId: number, now: number): number =>
  windows
    .filter((window) => window.scopeId === scopeId && window.from <= now && now < window.until)
    .reduce((largest, { epsilon }) => Math.max(largest, epsilon), 0);

/** Sets a trading state. It never loosens one: that takes a person, by `createResume`. */
export const tighten = (db: Db, row: TradingStateRow): boolean => {
  const current = db.select().from(tradingStateRows).where(eq(tradingStateRows.target, row.target)).get();
  if (current && tradingStates.indexOf(current.state) >= tradingStates.indexOf(row.state)) return false;
  db.insert(tradingStateRows)
    .values(row)
    .onConflictDoUpdate({ target: tradingStateRows.target, set: row })
    .run();
  forgetStanding(db);
  return true;
};
