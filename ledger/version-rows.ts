import { eq } from 'drizzle-orm';
import type { Reader } from './database.ts';
import { LedgerError } from './errors.ts';
import { versions } from './schema/versions.ts';

/** A version; `dir` is relative to the models directory. Pruned ones keep their row and have `prunedAt`. */
export type VersionRow = typeof versions.$inferSelect;

export const versionById = (db: Reader, versionId: string): VersionRow | undefined =>
  db.select().from(versions).where(eq(versions.versionId, versionId)).get();

export const versionOfClaim = (db: Reader, claimId: number): VersionRow | undefined =>
  db.select().from(versions).where(eq(versions.claimId, claimId)).get();

/** The version if its directory is still there: known and not pruned. */
export const livingVersion = (db: Reader, versionId: string): VersionRow => {
  const row = versionById(db, versionId);
  if (!row) throw new LedgerError('NotFound', `no version ${versionId}`);
  if (row.prunedAt !== null) throw new LedgerError('NotFound', `the version ${versionId} was pruned`);
  return row;
};
