/** What was trained, and what serves. */
import { sql } from 'drizzle-orm';
import { integer, primaryKey, real, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core';
import { claims } from './claims.ts';

export const promotionKinds = ['promote', 'rollback', 'adopt', 'restore'] as const;

export const versions = sqliteTable('versions', {
  seq: integer().primaryKey({ autoIncrement: true }),
  versionId: text('version_id').notNull().unique(),
  claimId: integer('claim_id')
    .notNull()
    .unique()
    .references(() => claims.claimId),
  dir: text().notNull(),
  parentVersionId: text('parent_version_id'),
  metricName: text('metric_name').notNull(),
  metricValue: real('metric_value'),
  modelHash: text('model_hash').notNull(),
  dataHash: text('data_hash').notNull(),
  nStates: integer('n_states').notNull(),
  nObs: integer('n_obs').notNull(),
  tag: text(),
  series: text({ mode: 'json' }).$type<readonly string[]>().notNull(),
  gate: text({ mode: 'json' }).$type<unknown>(),
  claimedFiles: integer('claimed_files').notNull(),
  createdAt: integer('created_at').notNull(),
  prunedAt: integer('pruned_at'),
});

/** The truth about what serves; the `current` link is its projection. The newest fence is the champion. */
export const promotions = sqliteTable('promotions', {
  fence: integer().primaryKey(),
  versionId: text('version_id')
    .notNull()
    .references(() => versions.versionId),
  kind: text({ enum: promotionKinds }).notNull(),
  previousVersionId: text('previous_version_id'),
  actor: text().notNull(),
  reason: text().notNull(),
  requestId: text('request_id').notNull().unique(),
  createdAt: integer('created_at').notNull(),
  /** When the link was seen to point here; null between the promotion and its projection. */
  linkedAt: integer('linked_at'),
});

/** How often a promotion was looked at again on later candles: each look has spent some of its error. */
export const promotionLooks = sqliteTable(
  'promotion_looks',
  {
    promotionFence: integer('promotion_fence')
      .notNull()
      .references(() => promotions.fence),
    series: text().notNull(),
    look: integer().notNull(),
    candles: integer().notNull(),
    /** Champion minus predecessor, nats/candle. */
    difference: real().notNull(),
    upper: real().notNull(),
    at: integer().notNull(),
  },
  (table) => [primaryKey({ columns: [table.promotionFence, table.series, table.look] })],
);

/** The kill switch of the training loop: killed while a row has not been resumed. */
export const trainingKills = sqliteTable(
  'training_kills',
  {
    seq: integer().primaryKey({ autoIncrement: true }),
    /** What it was killed for: the same cause kills once. */
    cause: text().notNull().unique(),
    actor: text().notNull(),
    reason: text().notNull(),
    /** What serves while it is killed; null: the champion of that moment. */
    pinnedVersionId: text('pinned_version_id').references(() => versions.versionId),
    at: integer().notNull(),
    resumedAt: integer('resumed_at'),
    resumedBy: text('resumed_by'),
    resumeReason: text('resume_reason'),
  },
  () => [uniqueIndex('training_killed_once').on(sql`(resumed_at is null)`).where(sql`resumed_at is null`)],
);
