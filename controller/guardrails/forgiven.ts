import { and, eq, gte, lt } from 'drizzle-orm';
import type { Db } from '../database.ts';
import { type equities, forgivenDrawdowns } from '../schema.ts';
import type { Target } from './targets.ts';

export type ForgivenRow = typeof forgivenDrawdowns.$inferSelect;
type Equity = Pick<typeof equities.$inferSelect, 'target' | 'equity' | 'peak'>;

/** What was forgiven of an equity's drawdown, by the target that it was forgiven for. */
export const forgivenOf = (db: Db, equityTarget: Target): ForgivenRow[] =>
  db.select().from(forgivenDrawdowns).where(eq(forgivenDrawdowns.equityTarget, equityTarget)).all();

/** From now on the limits of `target` count from today's equity. */
export const forgiveFor = (
  db: Db,
  { target: equityTarget, equity }: Equity,
  target: Target,
  now: number,
): void => {
  const start = { peak: equity, peakAt: now };
  db.insert(forgivenDrawdowns)
    .values({ equityTarget, target, ...start })
    .onConflictDoUpdate({ target: [forgivenDrawdowns.equityTarget, forgivenDrawdowns.target], set: start })
    .run();
};

/** Peaks that are as high as the equity's own say nothing of their own. */
export const dropForgiven = (db: Db, equityTarget: Target, peak: number): void => {
  db.delete(forgivenDrawdowns)
    .where(and(eq(forgivenDrawdowns.equityTarget, equityTarget), gte(forgivenDrawdowns.peak, peak)))
    .run();
};

/** A higher equity is a new peak for those, too, that were forgiven the last one. */
export const followPeak = (db: Db, { target, equity, peak }: Equity, now: number): void => {
  db.update(forgivenDrawdowns)
    .set({ peak: equity, peakAt: now })
    .where(and(eq(forgivenDrawdowns.equityTarget, target), lt(forgivenDrawdowns.peak, equity)))
    .run();
  dropForgiven(db, target, peak);
};
