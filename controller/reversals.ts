import { and, eq, isNull, type SQL, sql } from 'drizzle-orm';
import type { Db } from './database.ts';
import { perConnection } from './per-connection.ts';
import { outcomes } from './schema.ts';

type OutcomeRow = typeof outcomes.$inferSelect;

/** Of a query on outcomes: those that nothing took back. */
export const notReversed: SQL = sql`not exists (select 1 from outcomes as reversal where reversal.reverses = ${outcomes.seq})`;

export const isReversed = (db: Db, seq: number): boolean =>
  db.select({ seq: outcomes.seq }).from(outcomes).where(eq(outcomes.reverses, seq)).get() !== undefined;

const standing = perConnection((db) =>
  db
    .select()
    .from(outcomes)
    .where(
      and(eq(outcomes.decisionSeq, sql.placeholder('decisionSeq')), isNull(outcomes.reverses), notReversed),
    )
    .prepare(),
);

/** What a decision has earned and keeps: no reversals, and nothing that one took back. */
export const standingOutcomes = (db: Db, decisionSeq: number): OutcomeRow[] =>
  standing(db).all({ decisionSeq });
