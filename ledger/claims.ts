import { and, asc, eq, isNull } from 'drizzle-orm';
import { parseSeries, type Series, seriesKey } from '../series.ts';
import { recordAttempt } from './claim-attempts.ts';
import {
  type Claim,
  type ClaimRow,
  claimedBy,
  filesOfFence,
  findClaim,
  heldBy,
  heldFiles,
  type Owner,
  ownClaim,
  rememberRun,
  requireLease,
  toClaim,
} from './claim-rows.ts';
import type { Reader, Store, Writer } from './database.ts';
import { type FileRow, inSeries } from './file-rows.ts';
import { expireClaim } from './give-back.ts';
import { mintFence } from './meta.ts';
import { claims } from './schema/claims.ts';
import { files } from './schema/files.ts';
import { requireTraining } from './training-kills.ts';

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

const newClaim = (tx: Writer, request: ClaimRequest, now: number, leaseNow: number): Claim => {
  const { workflowId, runId, leaseMs, series } = request;
  requireTraining(tx);
  const fence = mintFence(tx);
  const row = { claimId: fence, fence, workflowId, runId, claimedAt: now, leaseUntil: leaseNow + leaseMs };
  const open: ClaimRow = { ...row, closedAt: null, outcome: null };
  const taken = series.map((key) => takeFiles(tx, key, open)).reduce((total, changes) => total + changes, 0);
  recordAttempt(tx, request, taken, now);
  if (taken === 0) return { ...row, files: [] };
  tx.insert(claims).values(open).run();
  rememberRun(tx, open, now);
  return toClaim(tx, open);
};

const claim = ({ now, leaseNow }: Store, tx: Writer, request: ClaimRequest): Claim => {
  const open = openClaimOf(tx, request);
  const leaseTime = leaseNow(tx);
  if (open && open.leaseUntil > leaseTime) return toClaim(tx, open);
  if (open) expireClaim(tx, open, request.maxAttempts ?? 5, now());
  return newClaim(tx, request, now(), leaseTime);
};

const extend = (tx: Writer, row: ClaimRow, leaseUntil: number): ClaimRow => {
  if (leaseUntil <= row.leaseUntil) return row;
  tx.update(claims).set({ leaseUntil }).where(eq(claims.claimId, row.claimId)).run();
  tx.update(files).set({ leaseUntil }).where(heldBy(row.fence)).run();
  return { ...row, leaseUntil };
};

const hold = ({ now, leaseNow }: Store, tx: Writer, { claimId, leaseMs, ...owner }: HoldRequest) => {
  const own = ownClaim(tx, claimId, owner, now());
  const leaseTime = leaseNow(tx);
  requireLease(own, leaseTime);
  return extend(tx, own, leaseTime + leaseMs);
};

const heldInSeries = (db: Reader, claimId: number, series: Series): FileRow[] => {
  const row = findClaim(db, claimId);
  return row ? heldFiles(db, row.fence, [seriesKey(series)]) : [];
};

export const claimStore = (store: Store) => ({
  /**
   * Claims every waiting file of the series under a new fence. The same run that asks again gets the same claim.
   * With nothing to claim, `files` is empty, and there is no claim to hold or to give back. Throws `TrainingKilled`.
   */
  claim: (request: ClaimRequest): Claim => store.write((tx) => claim(store, tx, request)),

  /**
   * Proves ownership and renews the lease. The first call of a run made by Reset takes the claim over (new
   * fence). Throws `Fenced` for a superseded run or an ended lease, `ClaimNotOpen` after completion.
   */
  hold: (request: HoldRequest): Claim => store.write((tx) => toClaim(tx, hold(store, tx, request))),

  /** As `hold`, without reading the files: what a training does thrice per lease. Returns the end of the lease. */
  renew: (request: HoldRequest): number => store.write((tx) => hold(store, tx, request).leaseUntil),

  /** The files of one series that an open claim holds, in the order of registration. */
  claimedFiles: (claimId: number, series: Series): FileRow[] =>
    store.read((db) => heldInSeries(db, claimId, series)),

  /** The files that a claim took in, also when it is long completed, in the order of registration. */
  filesOfClaim: (claimId: number): FileRow[] =>
    store.read((db) => {
      const row = findClaim(db, claimId);
      return row ? filesOfFence(db, row.fence) : [];
    }),

  openClaims: (): Claim[] =>
    store.read((db) =>
      db
        .select()
        .from(claims)
        .where(isNull(claims.closedAt))
        .orderBy(asc(claims.claimId))
        .all()
        .map((row) => toClaim(db, row)),
    ),
});
