import { and, asc, eq, isNull, sql } from 'drizzle-orm';
import type { Reader, Writer } from './database.ts';
import { LedgerError } from './errors.ts';
import type { FileRow } from './file-rows.ts';
import { firstFenceOf, mintFence, readMeta } from './meta.ts';
import { claimRuns, claims } from './schema/claims.ts';
import { files } from './schema/files.ts';

export type ClaimRow = typeof claims.$inferSelect;

/** The run that asks. Temporal allows one run of a workflow id at a time; a Reset makes a new run of the same id. */
export interface Owner {
  readonly workflowId: string;
  readonly runId: string;
}

/** A leased, fenced right of one run to `files`. `claimId` is the claim's first fence, `fence` its newest. */
export interface Claim extends Owner {
  readonly claimId: number;
  readonly fence: number;
  readonly claimedAt: number;
  /** The claim is over when the lease clock reaches it. */
  readonly leaseUntil: number;
  readonly files: FileRow[];
}

export const claimedBy = ({ workflowId, runId }: Owner): string => `${workflowId}/${runId}`;

/** The plus keeps SQLite to the index of the fence: that of the status would walk all files that are processed. */
const isHeld = sql`+${files.status} = 'processing'`;

/** The files that a fence holds; with `series`, those of these series. */
export const heldBy = (fence: number, series?: readonly string[]) =>
  and(eq(files.claimFence, fence), isHeld, series && isOfSeries(series));

const key = sql`${files.exchange} || ':' || ${files.symbol} || ':' || ${files.timeframe}`;

/** `keys` are keys of series. */
const isOfSeries = (keys: readonly string[]) =>
  sql`${key} in (select value from json_each(${JSON.stringify(keys)}))`;

/** In the order of registration. */
export const heldFiles = (db: Reader, fence: number, series?: readonly string[]): FileRow[] =>
  db.select().from(files).where(heldBy(fence, series)).orderBy(asc(files.seq)).all();

export const holdsAny = (db: Reader, fence: number, series?: readonly string[]): boolean =>
  db.select({ seq: files.seq }).from(files).where(heldBy(fence, series)).limit(1).get() !== undefined;

/** Held or processed under a fence. */
export const filesOfFence = (db: Reader, fence: number): FileRow[] =>
  db.select().from(files).where(eq(files.claimFence, fence)).orderBy(asc(files.seq)).all();

export const findClaim = (db: Reader, claimId: number): ClaimRow | undefined =>
  db.select().from(claims).where(eq(claims.claimId, claimId)).get();

/** A number that was minted and has no claim: the ledger was restored to a time before it, or its row is compacted. */
const wasMinted = (db: Reader, claimId: number): boolean => {
  const { fence, epoch } = readMeta(db) ?? { fence: 0, epoch: 0 };
  return claimId > 0 && claimId <= Math.max(fence, firstFenceOf(epoch));
};

export const claimRow = (db: Reader, claimId: number): ClaimRow => {
  const row = findClaim(db, claimId);
  if (row) return row;
  if (!wasMinted(db, claimId)) throw new LedgerError('NotFound', `no claim ${claimId}`);
  throw new LedgerError('Fenced', `claim ${claimId} is over; the ledger holds nothing of it any more`);
};

export const toClaim = (db: Reader, row: ClaimRow): Claim => {
  const { claimId, fence, workflowId, runId, claimedAt, leaseUntil } = row;
  return { claimId, fence, workflowId, runId, claimedAt, leaseUntil, files: heldFiles(db, fence) };
};

/** The claim if it is open. A completed one is `ClaimNotOpen`; one that was given back or swept is `Fenced`. */
export const openClaim = (db: Reader, claimId: number): ClaimRow => {
  const row = claimRow(db, claimId);
  if (row.closedAt === null) return row;
  if (row.outcome === 'committed') throw new LedgerError('ClaimNotOpen', `claim ${claimId} is completed`);
  throw new LedgerError('Fenced', `claim ${claimId} is over (${row.outcome}); its files were given back`);
};

const wasSeen = (db: Reader, claimId: number, runId: string): boolean =>
  db
    .select()
    .from(claimRuns)
    .where(and(eq(claimRuns.claimId, claimId), eq(claimRuns.runId, runId)))
    .get() !== undefined;

/** The owner, or a new run of the same workflow that may take over. A run that was superseded never comes back. */
export const requireOwner = (db: Reader, row: ClaimRow, { workflowId, runId }: Owner): void => {
  if (row.workflowId === workflowId && row.runId === runId) return;
  if (row.workflowId === workflowId && !wasSeen(db, row.claimId, runId)) return;
  throw new LedgerError(
    'Fenced',
    `claim ${row.claimId} belongs to ${claimedBy(row)}, not to ${workflowId}/${runId}`,
  );
};

/** `leaseNow` is the lease clock's. */
export const requireLease = (row: ClaimRow, leaseNow: number): void => {
  if (row.leaseUntil > leaseNow) return;
  const over = leaseNow - row.leaseUntil;
  throw new LedgerError('Fenced', `the lease of claim ${row.claimId} ended ${over} ms ago`);
};

export const rememberRun = (tx: Writer, { claimId, runId, fence }: ClaimRow, now: number): void => {
  tx.insert(claimRuns).values({ claimId, runId, fence, takenAt: now }).run();
};

/** Same files, new fence: what the old body still does meets `Fenced`. */
const takeOver = (tx: Writer, row: ClaimRow, { runId }: Owner, now: number): ClaimRow => {
  const next = { ...row, runId, fence: mintFence(tx) };
  tx.update(claims).set({ runId, fence: next.fence }).where(eq(claims.claimId, row.claimId)).run();
  tx.update(files)
    .set({ claimFence: next.fence, claimedBy: claimedBy(next) })
    .where(heldBy(row.fence))
    .run();
  rememberRun(tx, next, now);
  return next;
};

/** Proves that the run owns the open claim; the first call of a run made by Reset takes it over. */
export const ownClaim = (tx: Writer, claimId: number, owner: Owner, now: number): ClaimRow => {
  const row = openClaim(tx, claimId);
  requireOwner(tx, row, owner);
  return row.runId === owner.runId ? row : takeOver(tx, row, owner, now);
};

export const closeClaim = (
  tx: Writer,
  { claimId }: ClaimRow,
  outcome: NonNullable<ClaimRow['outcome']>,
  now: number,
): void => {
  tx.update(claims)
    .set({ closedAt: now, outcome })
    .where(and(eq(claims.claimId, claimId), isNull(claims.closedAt)))
    .run();
};
