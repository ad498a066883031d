import { eq } from 'drizzle-orm';
import type { Guardrails } from '../../strategy_schemas/schema.ts';
import type { Db } from '../database.ts';
import { memoryOf } from '../per-connection.ts';
import type { HotScope } from '../ready-scope.ts';
import { servings, strategyDays } from '../schema.ts';
import { dayOf, type Serving, type StrategyDay } from './hysteresis.ts';

const dayKey = (strategy: string): string => `#day:${strategy}`;

export const readServing = (db: Db, scopeId: number): Serving | undefined =>
  db.select().from(servings).where(eq(servings.scopeId, scopeId)).get();

/** Changes of a strategy today; remembered between writes. */
export const strategyDayOf = (db: Db, strategy: string): StrategyDay | undefined => {
  const memory = memoryOf(db);
  const key = dayKey(strategy);
  if (memory.has(key)) return memory.get(key) as StrategyDay | undefined;
  const row = db.select().from(strategyDays).where(eq(strategyDays.strategy, strategy)).get();
  memory.set(key, row);
  return row;
};

const oneMore = (counted: StrategyDay | undefined, day: string): StrategyDay => ({
  day,
  changes: counted?.day === day ? counted.changes + 1 : 1,
});

const countForStrategy = (db: Db, strategy: string, day: string): void => {
  const next = oneMore(strategyDayOf(db, strategy), day);
  db.insert(strategyDays)
    .values({ strategy, ...next })
    .onConflictDoUpdate({ target: strategyDays.strategy, set: next })
    .run();
  memoryOf(db).set(dayKey(strategy), next);
};

/** Remembers what is served from now on. An arm that left is replaced without counting as a change. */
export const recordServed = (
  db: Db,
  hot: HotScope,
  { armId, guardrails, now }: { armId: number; guardrails: Guardrails; now: number },
): void => {
  const { serving, row, arms } = hot;
  if (serving?.armId === armId) return;
  const day = dayOf(now, guardrails.time_zone);
  const changed = serving !== undefined && arms.some(({ id }) => id === serving.armId);
  const counted = serving && !changed ? { day: serving.day, changes: serving.changes } : { day, changes: 0 };
  const next: Serving = { armId, since: now, ...(changed ? oneMore(serving, day) : counted) };
  db.insert(servings)
    .values({ scopeId: row.id, ...next })
    .onConflictDoUpdate({ target: servings.scopeId, set: next })
    .run();
  if (changed) countForStrategy(db, row.strategy, day);
  hot.serving = next;
};
