import { and, asc, eq, isNull } from 'drizzle-orm';
import { parseSeries, type Series, seriesKey } from '../series.ts';
import {
  type Claim,
  type ClaimRow,
  claimedBy,
  filesOfFence,
  findClaim,
  heldFiles,
  type Owner,
  ownClaim,
  rememberRun,
  requireLease,
  toClaim,
} from './claim-rows.ts';
import type { Reader, Store, Writer } from './database.ts';
import { type FileRow, inSeries, seriesOfFile } from './file-rows.ts';
import { expireClaim } from './give-back.ts';
import { mintFence } from './meta.ts';
import { claims, files } from './schema.ts';

export interface ClaimRequest extends Owner {
  readonly leaseMs: number;
  /** Keys of the series whose files are wanted. */
  readonly series: readonly string[];
  /** For a claim of this same run that ran out of its lease: see `sweepExpiredClaims`. Default 5. */
  readonly maxAttempts?: number;
}

export interface HoldRequest extends Owner {
  readonly claimId: number;
  readonly leaseMs: number;
}

const openClaimOf = (db: Reader, { workflowId, runId }: Owner): ClaimRow | undefined =>
  db
    .select()
    .from(claims)
    .where(and(eq(claims.workflowId, workflowId), eq(claims.runId, runId), isNull(claims.closedAt)))
    .get();

/** Marks every waiting file of the series; the statement is one, so half a claim cannot be. */
const takeFiles = (tx: Writer, key: string, claim: ClaimRow): number => {
  const { fence, claimedAt, leaseUntil } = claim;
  return tx
    .update(files)
    .set({ status: 'processing', claimFence: fence, claimedBy: claimedBy(claim), claimedAt, leaseUntil })
    .where(and(inSeries(parseSeries(key)), eq(files.status, 'downloaded')))
    .run().changes;
};

const newClaim = (tx: Writer, request: ClaimRequest, now: number): Claim => {
  const { workflowId, runId, leaseMs, series } = request;
  const fence = mintFence(tx);
  const row = { claimId: fence, fence, workflowId, runId, claimedAt: now, leaseUntil: now + leaseMs };
  const open: ClaimRow = { ...row, closedAt: null, outcome: null };
  const taken = series.map((key) => takeFiles(tx, key, open)).reduce((total, changes) => total + changes, 0);
  if (taken === 0) return { ...row, files: [] };
  tx.insert(claims).values(open).run();
  rememberRun(tx, open, now);
  return toClaim(tx, open);
};

const claim = (tx: Writer, request: ClaimRequest, now: number): Claim => {
  const open = openClaimOf(tx, request);
  if (open && open.leaseUntil > now) return toClaim(tx, open);
  if (open) expireClaim(tx, open, request.maxAttempts ?? 5, now);
  return newClaim(tx, request, now);
};

const renew = (tx: Writer, row: ClaimRow, leaseUntil: number): ClaimRow => {
  tx.update(claims).set({ leaseUntil }).where(eq(claims.claimId, row.claimId)).run();
  tx.update(files)
    .set({ leaseUntil })
    .where(and(eq(files.claimFence, row.fence), eq(files.status, 'processing')))
    .run();
  return { ...row, leaseUntil };
};

const hold = (tx: Writer, { claimId, leaseMs, ...owner }: HoldRequest, now: number): Claim => {
  const own = ownClaim(tx, claimId, owner, now);
  requireLease(own, now);
  return toClaim(tx, renew(tx, own, Math.max(own.leaseUntil, now + leaseMs)));
};

export const claimStore = ({ read, write, now }: Store) => ({
  /**
   * Claims every waiting file of the series under a new fence. The same run that asks again gets the same claim.
   * With nothing to claim, `files` is empty, and there is no claim to hold or to give back.
   */
  claim: (request: ClaimRequest): Claim => write((tx) => claim(tx, request, now())),

  /**
   * Proves ownership and renews the lease. The first call of a run made by Reset takes the claim over (new
   * fence). Throws `Fenced` for a superseded run or an ended lease, `ClaimNotOpen` after completion.
   */
  hold: (request: HoldRequest): Claim => write((tx) => hold(tx, request, now())),

  /** The files of one series that an open claim holds, in the order of registration. */
  claimedFiles: (claimId: number, series: Series): FileRow[] =>
    read((db) => {
      const row = findClaim(db, claimId);
      const held = row ? heldFiles(db, row.fence) : [];
      return held.filter((file) => seriesKey(seriesOfFile(file)) === seriesKey(series));
    }),

  /** The files that a claim took in, also when it is long completed, in the order of registration. */
  filesOfClaim: (claimId: number): FileRow[] =>
    read((db) => {
      const row = findClaim(db, claimId);
      return row ? filesOfFence(db, row.fence) : [];
    }),

  openClaims: (): Claim[] =>
    read((db) =>
      db
        .select()
        .from(claims)
        .where(isNull(claims.closedAt))
        .orderBy(asc(claims.claimId))
        .all()
        .map((row) => toClaim(db, row)),
    ),
});
