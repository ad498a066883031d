import { and, asc, count, desc, eq, gte, isNotNull, isNull, lt, lte, sql } from 'drizzle-orm';
import type { SQLiteUpdateSetSource } from 'drizzle-orm/sqlite-core';
import { type AlertKind, type AlertRow, type NewAlert, raise } from './alerts.ts';
import type { Reader, Store, Writer } from './database.ts';
import { alerts } from './schema/records.ts';

const due = (db: Reader, limit: number, now: number): AlertRow[] =>
  db
    .select()
    .from(alerts)
    .where(and(isNull(alerts.settledAt), lte(alerts.nextAttemptAt, now)))
    .orderBy(asc(alerts.seq))
    .limit(limit)
    .all();

export interface Tidying {
  /** A row that waits for longer is given up. */
  readonly giveUpAfterMs: number;
  /** A settled row is kept for so long. */
  readonly keepMs: number;
}

/** Bounds the table: news of yesterday is no news, and what is settled goes in the end. */
const tidy = (tx: Writer, { giveUpAfterMs, keepMs }: Tidying, now: number): number => {
  const outcome = sql<
    'given_up' | 'expired'
  >`case when ${alerts.attempts} > 0 then 'given_up' else 'expired' end`;
  const givenUp = tx
    .update(alerts)
    .set({ settledAt: now, outcome })
    .where(and(isNull(alerts.settledAt), lt(alerts.createdAt, now - giveUpAfterMs)))
    .run().changes;
  tx.delete(alerts)
    .where(and(isNotNull(alerts.settledAt), lt(alerts.settledAt, now - keepMs)))
    .run();
  return givenUp;
};

const change = (tx: Writer, seq: number, set: SQLiteUpdateSetSource<typeof alerts>): void => {
  tx.update(alerts).set(set).where(eq(alerts.seq, seq)).run();
};

const countWhere = (db: Reader, condition: ReturnType<typeof and>): number =>
  db.select({ n: count() }).from(alerts).where(condition).get()?.n ?? 0;

export const alertStore = ({ read, write, now }: Store) => ({
  raiseAlert: (alert: NewAlert): void => write((tx) => raise(tx, now(), alert)),

  /** Those whose time has come, oldest first. */
  dueAlerts: ({ limit }: { limit: number }): AlertRow[] => read((db) => due(db, limit, now())),

  alertDelivered: (seq: number): void =>
    write((tx) => change(tx, seq, { settledAt: now(), outcome: 'delivered' })),

  /** It was tried in vain, and is tried again in a while. */
  alertPostponed: (seq: number, { waitMs, error }: { waitMs: number; error: string }): void =>
    write((tx) =>
      change(tx, seq, {
        attempts: sql`${alerts.attempts} + 1`,
        nextAttemptAt: now() + waitMs,
        lastError: error,
      }),
    ),

  /** Returns how many were given up. */
  tidyAlerts: (request: Tidying): number => write((tx) => tidy(tx, request, now())),

  /** Newest first; `before` is the `seq` of the last row seen. */
  alerts: ({ limit, before }: { limit: number; before?: number }): AlertRow[] =>
    read((db) =>
      db
        .select()
        .from(alerts)
        .where(before === undefined ? undefined : lt(alerts.seq, before))
        .orderBy(desc(alerts.seq))
        .limit(limit)
        .all(),
    ),

  alertsSince: (kind: AlertKind, sinceMs: number): AlertRow[] =>
    read((db) =>
      db
        .select()
        .from(alerts)
        .where(and(eq(alerts.kind, kind), gte(alerts.createdAt, sinceMs)))
        .orderBy(desc(alerts.seq))
        .limit(100)
        .all(),
    ),

  alertCounts: (): { waiting: number; givenUp: number } =>
    read((db) => ({
      waiting: countWhere(db, isNull(alerts.settledAt)),
      givenUp: countWhere(db, and(isNotNull(alerts.settledAt), eq(alerts.outcome, 'given_up'))),
    })),
});
