/**
 * The tables of the ledger are in this folder. Change them here, then `npx drizzle-kit generate`.
 *
 * Times are epoch ms UTC, but for leases, which have a clock of their own. Rules that no bug of ours may break (a
 * watermark moves forward, the audit log is append-only) are triggers of the database, in the migrations.
 */
import { sql } from 'drizzle-orm';
import { check, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';

/** One row: what the whole ledger is, and the newest fence minted. */
export const meta = sqliteTable(
  'meta',
  {
    id: integer().primaryKey(),
    schemaVersion: integer('schema_version').notNull(),
    domain: text().notNull(),
    fence: integer().notNull(),
    epoch: integer().notNull(),
    createdAt: integer('created_at').notNull(),
  },
  (table) => [check('meta_is_one_row', sql`${table.id} = 1`)],
);

/** One row: what the clock shows that leases are counted on; see lease-clock.ts. */
export const leaseClock = sqliteTable(
  'lease_clock',
  { id: integer().primaryKey(), nowMs: integer('now_ms').notNull() },
  (table) => [check('lease_clock_is_one_row', sql`${table.id} = 1`)],
);
