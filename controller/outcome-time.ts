import { eq, type SQL, sql } from 'drizzle-orm';
import type { Db } from './database.ts';
import type { DecisionRow } from './decision-rows.ts';
import { perConnection } from './per-connection.ts';
import { decisions, positions } from './schema.ts';

/** Of a position that is open: its close lies ahead. */
const notYet = Number.MAX_SAFE_INTEGER;

/** Of a query on decisions: when the last position that a decision holds was closed; null without a position. */
export const heldUntil: SQL<number | null> =
  sql`(select max(coalesce(closed_at, ${sql.raw(String(notYet))})) from positions where positions.decision_seq = ${decisions.seq})`;

const lastClose = perConnection((db) =>
  db
    .select({ at: sql<number | null>`max(coalesce(${positions.closedAt}, ${sql.raw(String(notYet))}))` })
    .from(positions)
    .where(eq(positions.decisionSeq, sql.placeholder('seq')))
    .prepare(),
);

/**
 * Whether outcomes of a decision are no longer learned. Their time begins with the decision, or when the last position closed
 * that was opened with it: a trade may be longer than any fixed time.
 */
export const isTooLate = (
  db: Db,
  { seq, createdAt }: Pick<DecisionRow, 'seq' | 'createdAt'>,
  expiry: number,
): boolean => createdAt <= expiry && (lastClose(db).get({ seq })?.at ?? 0) <= expiry;
