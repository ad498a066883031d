import { desc, lt } from 'drizzle-orm';
import type { Owner } from './claim-rows.ts';
import type { Store, Writer } from './database.ts';
import { claimAttempts } from './schema/claims.ts';

const kept = 1000;

/** Once per run: a claim that is asked for again in the same run is no other attempt. */
export const recordAttempt = (
  tx: Writer,
  { workflowId, runId }: Owner,
  claimedFiles: number,
  now: number,
): void => {
  const { lastInsertRowid, changes } = tx
    .insert(claimAttempts)
    .values({ runId, workflowId, claimedFiles, at: now })
    .onConflictDoNothing()
    .run();
  if (changes > 0)
    tx.delete(claimAttempts)
      .where(lt(claimAttempts.seq, Number(lastInsertRowid) - kept))
      .run();
};

export const claimAttemptStore = ({ read }: Store) => ({
  /** What the newest retrain found to claim, and how many of the newest, in a row, found nothing. */
  claimAttempts: (): { newest: typeof claimAttempts.$inferSelect | undefined; emptyInARow: number } =>
    read((db) => {
      const rows = db.select().from(claimAttempts).orderBy(desc(claimAttempts.seq)).limit(100).all();
      const full = rows.findIndex(({ claimedFiles }) => claimedFiles > 0);
      return { newest: rows[0], emptyInARow: full < 0 ? rows.length : full };
    }),
});
