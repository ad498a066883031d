import { eq, sql } from 'drizzle-orm';
import type { Reader, Writer } from './database.ts';
import { LedgerError } from './errors.ts';
import { hasTable, knownSchemaVersion } from './migrate.ts';
import { meta } from './schema/meta.ts';

export type Meta = typeof meta.$inferSelect;

/** A restore bumps the epoch, and each epoch has its own numbers, so fences minted after it are newer than all before. */
const fencesPerEpoch = 2 ** 32;

/** All fences of an epoch are above it. */
export const firstFenceOf = (epoch: number): number => epoch * fencesPerEpoch;

export const readMeta = (db: Reader): Meta | undefined =>
  hasTable(db, 'meta') ? db.select().from(meta).where(eq(meta.id, 1)).get() : undefined;

/** Refuses a ledger of the other domain, or one written by newer code. */
export const requireOwn = (found: Meta | undefined, domain: string): void => {
  if (found && found.domain !== domain) {
    throw new LedgerError(
      'DomainMismatch',
      `this ledger belongs to the domain "${found.domain}", not to "${domain}"`,
    );
  }
  const known = knownSchemaVersion();
  if (found && found.schemaVersion > known) {
    throw new LedgerError(
      'Conflict',
      `this ledger has schema ${found.schemaVersion}; this code knows ${known}`,
    );
  }
};

export const writeMeta = (tx: Writer, domain: string, now: number): void => {
  const schemaVersion = knownSchemaVersion();
  tx.insert(meta)
    .values({ id: 1, schemaVersion, domain, fence: 0, epoch: 0, createdAt: now })
    .onConflictDoUpdate({ target: meta.id, set: { schemaVersion } })
    .run();
};

/** The next fence: greater than every one before, across restores. */
export const mintFence = (tx: Writer): number => {
  const floor = sql`${meta.epoch} * ${fencesPerEpoch}`;
  const row = tx
    .update(meta)
    .set({ fence: sql`max(${meta.fence}, ${floor}) + 1` })
    .where(eq(meta.id, 1))
    .returning({ fence: meta.fence })
    .get();
  if (!row) throw new LedgerError('NotFound', 'the ledger has lost its meta row');
  return row.fence;
};
