/** Candles: the files that hold them, how far they reach, and what is missing or came to be corrected. */
import { sql } from 'drizzle-orm';
import { check, index, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core';

export const fileStatuses = ['downloaded', 'processing', 'processed', 'deleted', 'quarantined'] as const;

/** `restored`: candles that a new lineage takes back from the archive; they are counted in the files they first came in. */
export const fileKinds = ['candles', 'corrections', 'restored'] as const;

/** `outage`: the exchange answered often enough that it has no candles there; `filled`: they came later. */
export const gapStates = ['open', 'outage', 'filled'] as const;

export const changeKinds = ['rewritten', 'appeared', 'removed'] as const;

export const files = sqliteTable(
  'files',
  {
    seq: integer().primaryKey({ autoIncrement: true }),
    fileId: text('file_id').notNull().unique(),
    sha256: text().notNull(),
    kind: text({ enum: fileKinds }).notNull(),
    path: text().notNull(),
    exchange: text().notNull(),
    symbol: text().notNull(),
    timeframe: text().notNull(),
    tStart: integer('t_start').notNull(),
    tEnd: integer('t_end').notNull(),
    bars: integer().notNull(),
    sizeBytes: integer('size_bytes').notNull(),
    fetchedAt: integer('fetched_at').notNull(),
    status: text({ enum: fileStatuses }).notNull(),
    claimFence: integer('claim_fence'),
    claimedBy: text('claimed_by'),
    claimedAt: integer('claimed_at'),
    /** On the lease clock, as in `claims`. */
    leaseUntil: integer('lease_until'),
    attempts: integer().notNull().default(0),
    createdAt: integer('created_at').notNull(),
    processedAt: integer('processed_at'),
    archivedAt: integer('archived_at'),
    deletedAt: integer('deleted_at'),
    quarantineReason: text('quarantine_reason'),
  },
  (table) => [
    index('files_by_series').on(table.exchange, table.symbol, table.timeframe, table.status, table.tEnd),
    index('files_by_status').on(table.status),
    index('files_by_claim').on(table.claimFence),
    index('files_by_path').on(table.path),
    check(
      'files_status_known',
      sql`${table.status} in ('downloaded', 'processing', 'processed', 'deleted', 'quarantined')`,
    ),
    check('files_range_ordered', sql`${table.tStart} <= ${table.tEnd} and ${table.bars} > 0`),
    check(
      'files_claimed_when_processing',
      sql`${table.status} <> 'processing' or (${table.claimFence} is not null and ${table.leaseUntil} is not null)`,
    ),
  ],
);

const countColumns = () => ({
  downloaded: integer().notNull(),
  processing: integer().notNull(),
  processed: integer().notNull(),
  deleted: integer().notNull(),
  quarantined: integer().notNull(),
});

/** One row, kept by triggers: how many rows of `files` have each status. */
export const fileCounts = sqliteTable(
  'file_counts',
  { id: integer().primaryKey(), ...countColumns() },
  (table) => [check('file_counts_is_one_row', sql`${table.id} = 1`)],
);

/** The same after each commit that changed it; a trigger keeps the newest 100,000. */
export const fileCountHistory = sqliteTable(
  'file_count_history',
  { seq: integer().primaryKey({ autoIncrement: true }), at: integer().notNull(), ...countColumns() },
  (table) => [index('file_count_history_by_time').on(table.at)],
);

export const watermarks = sqliteTable('watermarks', {
  name: text().primaryKey(),
  value: integer().notNull(),
  updatedAt: integer('updated_at').notNull(),
});

/** Ranges of candles that the exchange answered without: open times of the first and last missing one. */
export const gaps = sqliteTable(
  'gaps',
  {
    series: text().notNull(),
    fromMs: integer('from_ms').notNull(),
    toMs: integer('to_ms').notNull(),
    missing: integer().notNull(),
    foundAt: integer('found_at').notNull(),
    state: text({ enum: gapStates }).notNull().default('open'),
    /** How often it was asked for since; `answers` of them were answered without a candle inside. */
    attempts: integer().notNull().default(0),
    answers: integer().notNull().default(0),
    lastTriedAt: integer('last_tried_at'),
    /** Null: not asked for any more, or (found by an older ledger) at once. */
    nextRetryAt: integer('next_retry_at'),
    filledAt: integer('filled_at'),
  },
  (table) => [
    primaryKey({ columns: [table.series, table.fromMs, table.toMs] }),
    check('gaps_range_ordered', sql`${table.fromMs} <= ${table.toMs} and ${table.missing} > 0`),
    index('gaps_by_time').on(table.fromMs),
  ],
);

/** What each row of a correction file changed: its provenance, and what candles are counted by. */
export const corrections = sqliteTable(
  'corrections',
  {
    fileId: text('file_id').notNull(),
    series: text().notNull(),
    openTimeMs: integer('open_time_ms').notNull(),
    change: text({ enum: changeKinds }).notNull(),
    /** open,high,low,close,volume of the copy that was stored before; null: there was none. */
    before: text(),
  },
  (table) => [
    primaryKey({ columns: [table.fileId, table.openTimeMs] }),
    index('corrections_by_time').on(table.series, table.openTimeMs),
  ],
);

/** Stored candles that an answer left out; a later one that leaves them out as well makes them removed. */
export const suspectedRemovals = sqliteTable(
  'suspected_removals',
  {
    series: text().notNull(),
    openTimeMs: integer('open_time_ms').notNull(),
    seenAt: integer('seen_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.series, table.openTimeMs] })],
);

/** What each month's file of the archive hashes to: an altered one is refused. */
export const archiveMonths = sqliteTable(
  'archive_months',
  {
    series: text().notNull(),
    month: text().notNull(),
    /** Null while its first file is being written. */
    sha256: text(),
    /** Of what is being put in its place. */
    nextSha256: text('next_sha256'),
  },
  (table) => [primaryKey({ columns: [table.series, table.month] })],
);

/** Rows of files that were deleted long ago, folded: one row per series and kind. See compact.ts. */
export const fileRanges = sqliteTable(
  'file_ranges',
  {
    series: text().notNull(),
    kind: text({ enum: fileKinds }).notNull(),
    fromMs: integer('from_ms').notNull(),
    toMs: integer('to_ms').notNull(),
    files: integer().notNull(),
    bars: integer().notNull(),
    /** sha256 over the one before and each file_id, in the order of registration. */
    chain: text().notNull(),
    compactedAt: integer('compacted_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.series, table.kind] })],
);
