import { and, isNull, lte } from 'drizzle-orm';
import { seriesKey } from '../series.ts';
import { record } from './audit.ts';
import {
  type ClaimRow,
  closeClaim,
  findClaim,
  heldFiles,
  type Owner,
  ownClaim,
  requeue,
  requireOwner,
} from './claim-rows.ts';
import type { Store, Writer } from './database.ts';
import { type FileRow, seriesOfFile } from './file-rows.ts';
import { quarantineFile } from './quarantine.ts';
import { claims } from './schema.ts';
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

/** Back to `downloaded`, or aside when it failed too often. Returns true when it was requeued. */
const release = (tx: Writer, file: FileRow, failed: boolean, maxAttempts: number, now: number): boolean => {
  const attempts = file.attempts + (failed ? 1 : 0);
  requeue(tx, file, attempts);
  if (!failed || attempts < maxAttempts) return true;
  quarantineFile(tx, file, `failed in ${attempts} attempts`, now);
  return false;
};

/** A claim that holds nothing more is closed: completed when it made a version, else over. */
const closeWhenEmpty = (
  tx: Writer,
  row: ClaimRow,
  otherwise: 'given_back' | 'expired',
  now: number,
): void => {
  if (heldFiles(tx, row.fence).length > 0) return;
  closeClaim(tx, row, versionOfClaim(tx, row.claimId) ? 'committed' : otherwise, now);
};

const isWanted = (file: FileRow, series: readonly string[] | undefined): boolean =>
  series === undefined || series.includes(seriesKey(seriesOfFile(file)));

const giveBack = (tx: Writer, request: GiveBack, now: number): number => {
  const { claimId, workflowId, runId, series, countAttempt, maxAttempts } = request;
  const row = findClaim(tx, claimId);
  if (row) requireOwner(tx, row, { workflowId, runId });
  if (row === undefined || row.closedAt !== null) return 0;
  const own = ownClaim(tx, claimId, { workflowId, runId }, now);
  const wanted = heldFiles(tx, own.fence).filter((file) => isWanted(file, series));
  const requeued = wanted.filter((file) => release(tx, file, countAttempt, maxAttempts, now)).length;
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
  const held = heldFiles(tx, row.fence);
  const requeued = held.filter((file) => release(tx, file, true, maxAttempts, now)).length;
  closeWhenEmpty(tx, row, 'expired', now);
  const detail = { workflowId: row.workflowId, runId: row.runId, files: held.length };
  record(tx, now, { actor: 'ledger', action: 'claim.expire', subject: String(row.claimId), detail });
  return { requeued, quarantined: held.length - requeued };
};

const sweep = (tx: Writer, maxAttempts: number, now: number): Swept => {
  const swept: Swept = { requeued: 0, quarantined: 0, claims: [] };
  const over = tx
    .select()
    .from(claims)
    .where(and(isNull(claims.closedAt), lte(claims.leaseUntil, now)))
    .all();
  for (const row of over) {
    const { requeued, quarantined } = expireClaim(tx, row, maxAttempts, now);
    swept.requeued += requeued;
    swept.quarantined += quarantined;
    swept.claims.push(row.claimId);
  }
  return swept;
};

export const giveBackStore = ({ write, now }: Store) => ({
  /** Gives files of a claim back. Returns how many wait again; 0 when the claim holds nothing, or nothing any more. */
  giveBack: (request: GiveBack): number => write((tx) => giveBack(tx, request, now())),

  /** The janitor's sweep: what runs left behind that could not compensate. */
  sweepExpiredClaims: (maxAttempts: number): Swept => write((tx) => sweep(tx, maxAttempts, now())),
});
