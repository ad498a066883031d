import { and, gte, isNull, lte, sql } from 'drizzle-orm';
import { record } from './audit.ts';
import {
  type ClaimRow,
  closeClaim,
  findClaim,
  heldBy,
  holdsAny,
  type Owner,
  ownClaim,
  requireOwner,
} from './claim-rows.ts';
import type { Store, Writer } from './database.ts';
import { unclaimed } from './file-rows.ts';
import { recordQuarantined } from './quarantine.ts';
import { claims } from './schema/claims.ts';
import { files } from './schema/files.ts';
import { versionOfClaim } from './version-rows.ts';

export interface GiveBack extends Owner {
  readonly claimId: number;
  /** Keys of the series to give back; all when left out. */
  readonly series?: readonly string[];
  /** False for files that were merely too few: that is no failure of theirs. */
  readonly countAttempt: boolean;
  /** A file that failed this often is quarantined instead. */
  readonly maxAttempts: number;
}

interface Release {
  readonly fence: number;
  /** Keys of the series to release; all when left out. */
  readonly series?: readonly string[] | undefined;
  /** True counts the attempt. */
  readonly failed: boolean;
  readonly maxAttempts: number;
}

/** Files that failed too often go aside, wherever they stand in their claim. */
const putWornAside = (tx: Writer, { fence, series, maxAttempts }: Release, now: number): number => {
  const failedNow = sql<number>`${files.attempts} + 1`;
  const worn = tx
    .update(files)
    .set({
      ...{ status: 'quarantined', attempts: failedNow, ...unclaimed },
      quarantineReason: sql`'failed in ' || (${failedNow}) || ' attempts'`,
    })
    .where(and(heldBy(fence, series), gte(failedNow, maxAttempts)))
    .returning()
    .all();
  recordQuarantined(tx, worn, now);
  return worn.length;
};

/** Back to `downloaded`, or aside when it failed too often. */
const release = (tx: Writer, request: Release, now: number): { requeued: number; quarantined: number } => {
  const { fence, series, failed } = request;
  const quarantined = failed ? putWornAside(tx, request, now) : 0;
  const attempts = sql`${files.attempts} + ${failed ? 1 : 0}`;
  const requeued = tx
    .update(files)
    .set({ status: 'downloaded', attempts, ...unclaimed })
    .where(heldBy(fence, series))
    .run().changes;
  return { requeued, quarantined };
};

/** A claim that holds nothing more is closed: completed when it made a version, else over. */
const closeWhenEmpty = (
  tx: Writer,
  row: ClaimRow,
  otherwise: 'given_back' | 'expired',
  now: number,
): void => {
  if (holdsAny(tx, row.fence)) return;
  closeClaim(tx, row, versionOfClaim(tx, row.claimId) ? 'committed' : otherwise, now);
};

const giveBack = (tx: Writer, request: GiveBack, now: number): number => {
  const { claimId, workflowId, runId, series, countAttempt, maxAttempts } = request;
  const row = findClaim(tx, claimId);
  if (row) requireOwner(tx, row, { workflowId, runId });
  if (row === undefined || row.closedAt !== null) return 0;
  const own = ownClaim(tx, claimId, { workflowId, runId }, now);
  const wanted = { fence: own.fence, series, failed: countAttempt, maxAttempts };
  const { requeued } = release(tx, wanted, now);
  closeWhenEmpty(tx, own, 'given_back', now);
  return requeued;
};

export interface Swept {
  requeued: number;
  quarantined: number;
  claims: number[];
}

/** Requeues what an ended claim held, counts the attempt, and closes the claim. */
export const expireClaim = (tx: Writer, row: ClaimRow, maxAttempts: number, now: number) => {
  const released = release(tx, { fence: row.fence, failed: true, maxAttempts }, now);
  closeWhenEmpty(tx, row, 'expired', now);
  const held = released.requeued + released.quarantined;
  const detail = { workflowId: row.workflowId, runId: row.runId, files: held };
  record(tx, now, { actor: 'ledger', action: 'claim.expire', subject: String(row.claimId), detail });
  return released;
};

const sweep = ({ now, leaseNow }: Store, tx: Writer, maxAttempts: number): Swept => {
  const swept: Swept = { requeued: 0, quarantined: 0, claims: [] };
  const over = tx
    .select()
    .from(claims)
    .where(and(isNull(claims.closedAt), lte(claims.leaseUntil, leaseNow(tx))))
    .all();
  for (const row of over) {
    const { requeued, quarantined } = expireClaim(tx, row, maxAttempts, now());
    swept.requeued += requeued;
    swept.quarantined += quarantined;
    swept.claims.push(row.claimId);
  }
  return swept;
};

/** After a restore nobody who held a claim may go on with it. That is no failure of its files. */
export const endOpenClaims = (tx: Writer, now: number): { claims: number; requeued: number } => {
  const open = tx.select().from(claims).where(isNull(claims.closedAt)).all();
  const released = open.map(({ fence }) => release(tx, { fence, failed: false, maxAttempts: 0 }, now));
  for (const row of open) closeWhenEmpty(tx, row, 'expired', now);
  return { claims: open.length, requeued: released.reduce((sum, { requeued }) => sum + requeued, 0) };
};

export const giveBackStore = (store: Store) => ({
  /** Gives files of a claim back. Returns how many wait again; 0 when the claim holds nothing, or nothing any more. */
  giveBack: (request: GiveBack): number => store.write((tx) => giveBack(tx, request, store.now())),

  /** The janitor's sweep: what runs left behind that could not compensate. */
  sweepExpiredClaims: (maxAttempts: number): Swept => store.write((tx) => sweep(store, tx, maxAttempts)),
});
