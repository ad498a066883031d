import { and, asc, eq, gte, isNull, lt, min, sql } from 'drizzle-orm';
import type { Db, Store } from '../database.ts';
import { readyScope } from '../ready-scope.ts';
import { learnedOutcomes, learnOutcomes } from '../rebuild.ts';
import { decisions, evaluationWindows, outcomes, positions, scopes } from '../schema.ts';
import type { Settings } from '../settings.ts';
import { readCheckpoint, storeCheckpoint } from './checkpoint.ts';
import { among, sumDecisions, sumOutcomes } from './daily-sums.ts';

export interface Compaction {
  /** Rows of before this are compacted, epoch ms. */
  readonly beforeMs: number;
  /** Of each kind and scope in one go: others wait meanwhile. */
  readonly mostRows?: number;
}

export interface Compacted {
  readonly decisions: number;
  readonly outcomes: number;
  /** Whether there is more to do at once. */
  readonly more: boolean;
}

/** The newest learned outcomes stay whatever their age: reward scales and protections look at them. */
const learnedThatStay = 1_000;

/** A window that is open, or was within the time that is kept, is judged by decisions from its beginning on. */
const cutOf = (db: Db, scopeId: number, beforeMs: number): number => {
  const looked = and(eq(evaluationWindows.scopeId, scopeId), gte(evaluationWindows.until, beforeMs));
  const from = db
    .select({ from: min(evaluationWindows.from) })
    .from(evaluationWindows)
    .where(looked)
    .get()?.from;
  return Math.min(beforeMs, from ?? beforeMs);
};

const seqsOf = (rows: readonly { readonly seq: number }[]): number[] => rows.map(({ seq }) => seq);

/** Their keys stay: an outcome counts once, also when it is sent again after months. */
const removeOutcomes = (db: Db, seqs: readonly number[]): void => {
  if (seqs.length === 0) return;
  sumOutcomes(db, seqs);
  db.run(sql`insert into spent_keys (key, payload_hash) select idempotency_key, payload_hash from outcomes
    where seq in ${among(seqs)} and idempotency_key is not null`);
  db.run(sql`delete from outcomes where seq in ${among(seqs)}`);
};

/** Learned outcomes go from the oldest on, into the checkpoint that replaying begins with. */
const compactLearned = (
  db: Db,
  scopeId: number,
  cut: number,
  settings: Settings,
  mostRows: number,
): number => {
  const scope = db.select().from(scopes).where(eq(scopes.id, scopeId)).get()!;
  const { hot } = readyScope(db, scope, settings);
  const base = readCheckpoint(db, hot.row, hot.policy);
  const oldest = learnedOutcomes(db, scopeId, { after: base.throughSeq, limit: mostRows });
  const lastToGo = hot.row.learnedCount - learnedThatStay;
  const stays = oldest.findIndex(({ createdAt, learnedSeq }) => createdAt >= cut || learnedSeq! > lastToGo);
  const rows = stays < 0 ? oldest : oldest.slice(0, stays);
  if (rows.length === 0) return 0;
  const made = learnOutcomes(db, hot.row, hot.policy, { base, rows });
  storeCheckpoint(db, hot.row, hot.policy, { ...made, throughSeq: rows.at(-1)!.learnedSeq! });
  removeOutcomes(db, seqsOf(rows));
  return rows.length;
};

/** Too late to be learned, or taking back one that is gone: no posterior depends on them. */
const compactUnlearned = (db: Db, scopeId: number, cut: number, mostRows: number): number => {
  const rows = db
    .select({ seq: outcomes.seq })
    .from(outcomes)
    .where(
      and(
        eq(outcomes.scopeId, scopeId),
        isNull(outcomes.learnedSeq),
        lt(outcomes.createdAt, cut),
        sql`not exists (select 1 from outcomes as reversed where reversed.seq = ${outcomes.reverses})`,
      ),
    )
    .limit(mostRows)
    .all();
  removeOutcomes(db, seqsOf(rows));
  return rows.length;
};

/** Kept are decisions of positions that are open or closed so lately that outcomes are still learned, and those with an outcome that is still there. */
const compactDecisions = (
  db: Db,
  scopeId: number,
  { cut, expiry }: { cut: number; expiry: number },
  mostRows: number,
): number => {
  const rows = db
    .select({ seq: decisions.seq })
    .from(decisions)
    .where(
      and(
        eq(decisions.scopeId, scopeId),
        lt(decisions.createdAt, cut),
        sql`not exists (select 1 from outcomes where outcomes.decision_seq = ${decisions.seq})`,
        sql`not exists (select 1 from positions where positions.decision_seq = ${decisions.seq} and (closed_at is null or closed_at > ${expiry}))`,
      ),
    )
    .orderBy(asc(decisions.seq))
    .limit(mostRows)
    .all();
  if (rows.length === 0) return 0;
  const gone = among(seqsOf(rows));
  sumDecisions(db, seqsOf(rows));
  db.delete(positions).where(sql`${positions.decisionSeq} in ${gone}`).run();
  db.run(sql`delete from decisions where seq in ${gone}`);
  return rows.length;
};

const compactScope = (
  db: Db,
  scopeId: number,
  settings: Settings,
  { beforeMs, mostRows = 200 }: Compaction,
): Compacted => {
  const cut = cutOf(db, scopeId, beforeMs);
  const learned = compactLearned(db, scopeId, cut, settings, mostRows);
  const unlearned = compactUnlearned(db, scopeId, cut, mostRows);
  const decided = compactDecisions(
    db,
    scopeId,
    { cut, expiry: settings.clock() - settings.outcomeTtlMs },
    mostRows,
  );
  const more = [learned, unlearned, decided].some((count) => count >= mostRows);
  return { decisions: decided, outcomes: learned + unlearned, more };
};

/**
 * Turns old decisions and outcomes into sums of days, one bounded piece of each scope in one transaction: a crash leaves
 * the piece done or not begun. What arms know, and what it can be replayed from, stays the same.
 */
export const createCompact =
  ({ write }: Store, settings: Settings) =>
  (compaction: Compaction): Compacted =>
    write((db) => {
      const ids = db.select({ id: scopes.id }).from(scopes).all();
      const done = ids.map(({ id }) => compactScope(db, id, settings, compaction));
      return {
        decisions: done.reduce((sum, one) => sum + one.decisions, 0),
        outcomes: done.reduce((sum, one) => sum + one.outcomes, 0),
        more: done.some(({ more }) => more),
      };
    });
