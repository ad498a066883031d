import { sql } from 'drizzle-orm';
import {
  blob,
  index,
  integer,
  primaryKey,
  real,
  sqliteTable,
  text,
  uniqueIndex,
} from 'drizzle-orm/sqlite-core';

/** Facts about the store itself: its domain. */
export const meta = sqliteTable('meta', { name: text().primaryKey(), value: text().notNull() });

/** One row per strategy and instrument. learned_count is the clock of forgetting: it counts learned outcomes. */
export const scopes = sqliteTable(
  'scopes',
  {
    id: integer().primaryKey(),
    strategy: text().notNull(),
    instrument: text().notNull(),
    featureSet: text('feature_set').notNull(),
    learnedCount: integer('learned_count').notNull().default(0),
    createdAt: integer('created_at').notNull(),
  },
  (t) => [uniqueIndex('scopes_name').on(t.strategy, t.instrument)],
);

/** Every set of settings that decisions of a scope were made under; `version` counts them. */
export const policies = sqliteTable(
  'policies',
  {
    id: integer().primaryKey(),
    scopeId: integer('scope_id')
      .notNull()
      .references(() => scopes.id),
    version: integer().notNull(),
    settings: text().notNull(),
    createdAt: integer('created_at').notNull(),
  },
  (t) => [uniqueIndex('policies_settings').on(t.scopeId, t.settings)],
);

/** An arm is a preset id with its parameters. Other parameters under the same id are another arm. */
export const arms = sqliteTable(
  'arms',
  {
    id: integer().primaryKey(),
    scopeId: integer('scope_id')
      .notNull()
      .references(() => scopes.id),
    presetId: text('preset_id').notNull(),
    params: text().notNull(),
    source: text({ enum: ['schema', 'registered'] }).notNull(),
    state: text({ enum: ['active', 'replaced'] }).notNull(),
    createdAt: integer('created_at').notNull(),
    replacedAt: integer('replaced_at'),
  },
  (t) => [
    uniqueIndex('arms_active').on(t.scopeId, t.presetId).where(sql`state = 'active'`),
    index('arms_preset').on(t.scopeId, t.presetId),
  ],
);

/** What an arm has learned: S = Σ w x xᵀ and b = Σ w r x as little-endian doubles, faded as of learned outcome last_seq. */
export const posteriors = sqliteTable('posteriors', {
  armId: integer('arm_id')
    .primaryKey()
    .references(() => arms.id),
  gram: blob({ mode: 'buffer' }).notNull(),
  moment: blob({ mode: 'buffer' }).notNull(),
  lastSeq: integer('last_seq').notNull(),
  outcomes: integer().notNull(),
  rewardSum: real('reward_sum').notNull(),
});

/** One answered question for parameters, with all that its draw depended on. */
export const decisions = sqliteTable(
  'decisions',
  {
    seq: integer().primaryKey({ autoIncrement: true }),
    decisionId: text('decision_id').notNull().unique(),
    scopeId: integer('scope_id')
      .notNull()
      .references(() => scopes.id),
    armId: integer('arm_id')
      .notNull()
      .references(() => arms.id),
    policyId: integer('policy_id')
      .notNull()
      .references(() => policies.id),
    state: text({ enum: ['served', 'rewarded'] }).notNull(),
    reason: text().notNull(),
    features: text().notNull(),
    featuresMissing: text('features_missing').notNull(),
    featuresIgnored: text('features_ignored').notNull(),
    askedHash: text('asked_hash').notNull(),
    propensities: text().notNull(),
    propensity: real().notNull(),
    seed: real().notNull(),
    learnedCount: integer('learned_count').notNull(),
    modelVersion: text('model_version'),
    positionId: text('position_id'),
    createdAt: integer('created_at').notNull(),
  },
  (t) => [
    index('decisions_asked').on(t.scopeId, t.askedHash, t.seq),
    index('decisions_arm').on(t.armId, t.seq),
    index('decisions_arm_asked').on(t.armId, t.askedHash, t.seq),
    index('decisions_scope').on(t.scopeId, t.seq),
  ],
);

/** A realised reward. idempotency_key is null for anonymous ones, which nothing can tell apart. */
export const outcomes = sqliteTable(
  'outcomes',
  {
    seq: integer().primaryKey({ autoIncrement: true }),
    idempotencyKey: text('idempotency_key').unique(),
    payloadHash: text('payload_hash').notNull(),
    scopeId: integer('scope_id')
      .notNull()
      .references(() => scopes.id),
    armId: integer('arm_id')
      .notNull()
      .references(() => arms.id),
    decisionSeq: integer('decision_seq').references(() => decisions.seq),
    attribution: text({ enum: ['decision', 'matched', 'anonymous'] }).notNull(),
    rawReward: real('raw_reward').notNull(),
    rewardScale: real('reward_scale').notNull(),
    reward: real().notNull(),
    features: text().notNull(),
    /** Its number among the learned outcomes of the scope; null when it came too late to be learned. */
    learnedSeq: integer('learned_seq'),
    createdAt: integer('created_at').notNull(),
  },
  (t) => [
    index('outcomes_scope').on(t.scopeId, t.seq),
    index('outcomes_learned').on(t.scopeId, t.learnedSeq),
  ],
);

/** An open position keeps the parameters that it was opened with. */
export const positions = sqliteTable(
  'positions',
  {
    scopeId: integer('scope_id')
      .notNull()
      .references(() => scopes.id),
    positionId: text('position_id').notNull(),
    decisionSeq: integer('decision_seq')
      .notNull()
      .references(() => decisions.seq),
    openedAt: integer('opened_at').notNull(),
    closedAt: integer('closed_at'),
  },
  (t) => [primaryKey({ columns: [t.scopeId, t.positionId] })],
);
