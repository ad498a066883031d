/** Chains of trained states, and what became of every candle in each. */
import { index, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import { files } from './files.ts';
import { versions } from './versions.ts';

export const dispositionKinds = [
  'trained',
  'corrected_late',
  'skipped_late',
  'duplicate',
  'removed',
] as const;

/**
 * One chain of trained states of a series; the head is what the next training goes on from. The newest lineage of a
 * series is the one that learns.
 */
export const lineages = sqliteTable(
  'lineages',
  {
    seq: integer().primaryKey({ autoIncrement: true }),
    lineage: text().notNull().unique(),
    series: text().notNull(),
    /** Null until its genesis. */
    headVersionId: text('head_version_id').references(() => versions.versionId),
    /** Of the head's record in that version's heads.json. */
    headHash: text('head_hash'),
    /** Fixed at genesis. */
    nStates: integer('n_states'),
    /** The lineage that it was rewound from. */
    branchOf: text('branch_of'),
    createdAt: integer('created_at').notNull(),
    updatedAt: integer('updated_at').notNull(),
  },
  (table) => [index('lineages_by_series').on(table.series, table.seq)],
);

/** What became of the candles of each file in a lineage, as runs of consecutive open times. */
export const dispositions = sqliteTable(
  'dispositions',
  {
    lineage: text().notNull(),
    fileId: text('file_id')
      .notNull()
      .references(() => files.fileId),
    series: text().notNull(),
    kind: text({ enum: dispositionKinds }).notNull(),
    fromMs: integer('from_ms').notNull(),
    toMs: integer('to_ms').notNull(),
    candles: integer().notNull(),
    versionId: text('version_id')
      .notNull()
      .references(() => versions.versionId),
  },
  (table) => [
    primaryKey({ columns: [table.lineage, table.fileId, table.kind, table.fromMs] }),
    index('dispositions_by_time').on(table.lineage, table.kind, table.toMs),
    index('dispositions_by_version').on(table.versionId),
  ],
);

/** Dispositions of folded files. Trained candles as runs without a hole; of each other kind one row with the count. */
export const dispositionRanges = sqliteTable(
  'disposition_ranges',
  {
    seq: integer().primaryKey({ autoIncrement: true }),
    lineage: text().notNull(),
    series: text().notNull(),
    kind: text({ enum: dispositionKinds }).notNull(),
    fromMs: integer('from_ms').notNull(),
    toMs: integer('to_ms').notNull(),
    candles: integer().notNull(),
    /** Of versions up to this one. */
    untilSeq: integer('until_seq').notNull(),
  },
  (table) => [index('disposition_ranges_by_time').on(table.lineage, table.kind, table.toMs)],
);

/** Folded files of which a lineage has dispositions, and the candles in them. */
export const lineageFiles = sqliteTable(
  'lineage_files',
  {
    lineage: text().notNull(),
    untilSeq: integer('until_seq').notNull(),
    files: integer().notNull(),
    bars: integer().notNull(),
  },
  (table) => [primaryKey({ columns: [table.lineage, table.untilSeq] })],
);
