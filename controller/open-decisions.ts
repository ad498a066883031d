import { asc, desc, gt, sql } from 'drizzle-orm';
import type { Db } from './database.ts';
import { activityOf, perConnection } from './per-connection.ts';
import { decisions } from './schema.ts';

/** A decision that a poll with the same features may get again. */
interface Open {
  readonly seq: number;
  readonly createdAt: number;
}

/**
 * The newest decision of each question, in memory: on disk this index would change a random page with every decision and
 * grow with history. It holds hints: who uses one reads the decision and looks whether it is the one.
 */
interface OpenIndex {
  /** By scope and asked hash, oldest first. */
  readonly entries: Map<string, Open>;
  /** Every decision up to here has been looked at. */
  through: number;
  /** `through` when the transaction began: what was added since may be undone. */
  safeThrough: number;
  seen: { transactions: number; undone: number; others: number };
}

/** More open questions than this are forgotten, the oldest first: their next poll gets a new decision. */
const mostEntries = 200_000;

const indexOf = perConnection(
  (): OpenIndex => ({
    entries: new Map(),
    through: 0,
    safeThrough: 0,
    seen: { transactions: 0, undone: 0, others: -1 },
  }),
);

const keyOf = (scopeId: number, askedHash: string): string => `${scopeId}:${askedHash}`;

const add = ({ entries }: OpenIndex, key: string, open: Open, ttlMs: number): void => {
  entries.delete(key);
  entries.set(key, open);
  for (const [oldest, { createdAt }] of entries) {
    if (createdAt > open.createdAt - ttlMs && entries.size <= mostEntries) break;
    entries.delete(oldest);
  }
};

const rowsAfter = perConnection((db) =>
  db
    .select({
      seq: decisions.seq,
      scopeId: decisions.scopeId,
      askedHash: decisions.askedHash,
      state: decisions.state,
      createdAt: decisions.createdAt,
    })
    .from(decisions)
    .where(gt(decisions.seq, sql.placeholder('after')))
    .orderBy(asc(decisions.seq))
    .prepare(),
);

/** From where a first look must begin: the newest decision that is past its TTL, going backwards. */
const firstToLookAt = (db: Db, since: number): number => {
  const newest =
    db.select({ seq: decisions.seq }).from(decisions).orderBy(desc(decisions.seq)).limit(1).get()?.seq ?? 0;
  let [low, high] = [Math.max(0, newest - mostEntries), newest];
  // Decisions are numbered as they are made, so their times ascend.
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const at = db
      .select({ createdAt: decisions.createdAt })
      .from(decisions)
      .where(gt(decisions.seq, middle))
      .orderBy(asc(decisions.seq))
      .limit(1)
      .get();
    if (at && at.createdAt <= since) low = middle + 1;
    else high = middle;
  }
  return low;
};

/** Follows what other connections decided, and forgets what was undone. */
const upToDate = (db: Db, now: number, ttlMs: number): OpenIndex => {
  const index = indexOf(db);
  const { transactions, undone, others } = activityOf(db);
  const { seen } = index;
  if (undone !== seen.undone) index.through = index.safeThrough;
  if (transactions !== seen.transactions) index.safeThrough = index.through;
  const isFirst = seen.others === -1;
  if (isFirst) index.through = firstToLookAt(db, now - ttlMs);
  if (isFirst || others !== seen.others || undone !== seen.undone) {
    for (const { seq, scopeId, askedHash, state, createdAt } of rowsAfter(db).all({ after: index.through })) {
      // One that has earned is not open any more.
      if (state === 'served') add(index, keyOf(scopeId, askedHash), { seq, createdAt }, ttlMs);
      index.through = seq;
    }
  }
  index.seen = { transactions, undone, others };
  return index;
};

/** Number of the newest decision on this question that may still be open. */
export const findOpen = (
  db: Db,
  { scopeId, askedHash }: { scopeId: number; askedHash: string },
  { now, ttlMs }: { now: number; ttlMs: number },
): number | undefined => upToDate(db, now, ttlMs).entries.get(keyOf(scopeId, askedHash))?.seq;

/** To be told of every decision that this connection stores. */
export const noteOpen = (
  db: Db,
  {
    seq,
    scopeId,
    askedHash,
    createdAt,
  }: { seq: number; scopeId: number; askedHash: string; createdAt: number },
  ttlMs: number,
): void => {
  const index = upToDate(db, createdAt, ttlMs);
  add(index, keyOf(scopeId, askedHash), { seq, createdAt }, ttlMs);
  index.through = Math.max(index.through, seq);
};
