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

export const tradingStates = ['ACTIVE', 'REDUCING', 'HALTED'] as const;

/** What a reward is reported in: quote currency, which a running scale makes deviations of, or multiples of the risk. */
export const rewardUnits = ['quote', 'r'] as const;

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
    /** What the posteriors were learned under (speeds, rewards, warm start); other settings make them learn anew. */
    learning: text().notNull().default(''),
    /** Discounted log score of each speed of forgetting. */
    evidence: text().notNull().default('[]'),
    /** Served whatever the arms know, until somebody unpins it. */
    pinnedPreset: text('pinned_preset'),
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
    state: text({ enum: ['active', 'replaced', 'retired'] }).notNull(),
    createdAt: integer('created_at').notNull(),
    /** When it left: replaced or retired. */
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
    /** `expired` is not stored: it is a served one that is older than outcomes may be. */
    state: text({ enum: ['served', 'rewarded', 'voided'] }).notNull(),
    reason: text().notNull(),
    /** The arm that was drawn, where guardrails served another one. */
    proposedArmId: integer('proposed_arm_id').references(() => arms.id),
    /** What forced the answer (a kill, locks, a pin); null where the policy was free. */
    forcedBy: text('forced_by'),
    tradingState: text('trading_state', { enum: tradingStates }).notNull().default('ACTIVE'),
    /** ε that the draw was made with: the policy's, or that of an evaluation window. */
    epsilon: real().notNull().default(0),
    /** Idempotency-Key of a POST. */
    requestKey: text('request_key'),
    /** The decision that this one took the Idempotency-Key from: it could not be served again. */
    repeats: text(),
    features: text().notNull(),
    featuresMissing: text('features_missing').notNull(),
    featuresIgnored: text('features_ignored').notNull(),
    askedHash: text('asked_hash').notNull(),
    /** As served: every draw pushed through the guardrails. */
    propensities: text().notNull(),
    /** What the arm was drawn from, where guardrails made something else of it. */
    odds: text(),
    propensity: real().notNull(),
    seed: real().notNull(),
    learnedCount: integer('learned_count').notNull(),
    modelVersion: text('model_version'),
    positionId: text('position_id'),
    createdAt: integer('created_at').notNull(),
  },
  (t) => [
    index('decisions_arm').on(t.armId, t.seq),
    index('decisions_scope').on(t.scopeId, t.seq),
    uniqueIndex('decisions_request').on(t.requestKey).where(sql`request_key is not null`),
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
    attribution: text({ enum: ['decision', 'matched', 'anonymous', 'reversal'] }).notNull(),
    /** The outcome that this row takes back. */
    reverses: integer().unique(),
    rawReward: real('raw_reward').notNull(),
    rewardUnit: text('reward_unit', { enum: rewardUnits }).notNull().default('quote'),
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
    /** A decision may go when no outcome is of it any more. */
    index('outcomes_decision').on(t.decisionSeq),
  ],
);

/** Where the outcomes of a scope were compacted to: what was learned up to there is in `checkpoints`. */
export const compactedScopes = sqliteTable('compacted_scopes', {
  scopeId: integer('scope_id')
    .primaryKey()
    .references(() => scopes.id),
  /** Number of the last learned outcome that is gone. */
  throughSeq: integer('through_seq').notNull(),
  /** What the checkpoints were learned under: under anything else they mean nothing. */
  learning: text().notNull(),
  featureSet: text('feature_set').notNull(),
  evidence: text().notNull(),
});

/** As `posteriors`, of the compacted outcomes alone. */
export const checkpoints = sqliteTable('checkpoints', {
  armId: integer('arm_id')
    .primaryKey()
    .references(() => arms.id),
  gram: blob({ mode: 'buffer' }).notNull(),
  moment: blob({ mode: 'buffer' }).notNull(),
  lastSeq: integer('last_seq').notNull(),
  outcomes: integer().notNull(),
  rewardSum: real('reward_sum').notNull(),
});

/** What is left of compacted decisions and outcomes: sums of each UTC day and preset. */
export const dailySums = sqliteTable(
  'daily_sums',
  {
    scopeId: integer('scope_id')
      .notNull()
      .references(() => scopes.id),
    armId: integer('arm_id')
      .notNull()
      .references(() => arms.id),
    /** `2026-11-24` */
    day: text().notNull(),
    decisions: integer().notNull().default(0),
    rewarded: integer().notNull().default(0),
    voided: integer().notNull().default(0),
    forced: integer().notNull().default(0),
    propensitySum: real('propensity_sum').notNull().default(0),
    outcomes: integer().notNull().default(0),
    rawRewardSum: real('raw_reward_sum').notNull().default(0),
    rewardSum: real('reward_sum').notNull().default(0),
  },
  (t) => [primaryKey({ columns: [t.scopeId, t.armId, t.day] })],
);

/** Keys of compacted outcomes: an outcome counts once, however late it is sent again. */
export const spentKeys = sqliteTable('spent_keys', {
  key: text().primaryKey(),
  payloadHash: text('payload_hash').notNull(),
});

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
  (t) => [
    primaryKey({ columns: [t.scopeId, t.positionId] }),
    index('positions_decision').on(t.decisionSeq),
    index('positions_open').on(t.positionId).where(sql`closed_at is null`),
  ],
);

/** Where trading stands: of everything (`*`), of a strategy, or of `strategy:instrument`. Latched: only a person brings ACTIVE back. */
export const tradingStateRows = sqliteTable('trading_states', {
  target: text().primaryKey(),
  state: text({ enum: tradingStates }).notNull(),
  reason: text().notNull(),
  actor: text().notNull(),
  since: integer().notNull(),
});

/** A protection that holds, or held: the safe default is served until it ends or somebody lifts it. */
export const locks = sqliteTable(
  'locks',
  {
    id: integer().primaryKey({ autoIncrement: true }),
    target: text().notNull(),
    protection: text().notNull(),
    reason: text().notNull(),
    actor: text().notNull(),
    createdAt: integer('created_at').notNull(),
    /** null: until what it waits for is there again. */
    until: integer(),
    liftedAt: integer('lifted_at'),
    liftedBy: text('lifted_by'),
  },
  (t) => [index('locks_open').on(t.target).where(sql`lifted_at is null`)],
);

/** What a scope serves, for hysteresis: since when, and how often it changed on that day. */
export const servings = sqliteTable('servings', {
  scopeId: integer('scope_id')
    .primaryKey()
    .references(() => scopes.id),
  armId: integer('arm_id')
    .notNull()
    .references(() => arms.id),
  since: integer().notNull(),
  day: text().notNull(),
  changes: integer().notNull(),
});

/** How often a strategy changed on a day, over all its instruments. */
export const strategyDays = sqliteTable('strategy_days', {
  strategy: text().primaryKey(),
  day: text().notNull(),
  changes: integer().notNull(),
});

/** Equity as reported last, and its peak since the drawdown was last forgiven for everything; in account currency. */
export const equities = sqliteTable('equities', {
  target: text().primaryKey(),
  currency: text().notNull(),
  equity: real().notNull(),
  peak: real().notNull(),
  peakAt: integer('peak_at').notNull(),
  updatedAt: integer('updated_at').notNull(),
});

/** A drawdown that a person forgave for one target: its limits count from this peak, those of others from the equity's own. */
export const forgivenDrawdowns = sqliteTable(
  'forgiven_drawdowns',
  {
    equityTarget: text('equity_target')
      .notNull()
      .references(() => equities.target),
    target: text().notNull(),
    peak: real().notNull(),
    peakAt: integer('peak_at').notNull(),
  },
  (t) => [primaryKey({ columns: [t.equityTarget, t.target] })],
);

/** While one is open, ε of the scope is at least this, so that presets can be judged. */
export const evaluationWindows = sqliteTable(
  'evaluation_windows',
  {
    id: integer().primaryKey({ autoIncrement: true }),
    scopeId: integer('scope_id')
      .notNull()
      .references(() => scopes.id),
    epsilon: real().notNull(),
    from: integer().notNull(),
    until: integer().notNull(),
    actor: text().notNull(),
  },
  (t) => [index('evaluation_windows_scope').on(t.scopeId, t.until)],
);

/** Who changed what serves, why and until when. Only ever added to. */
export const audit = sqliteTable('audit', {
  seq: integer().primaryKey({ autoIncrement: true }),
  at: integer().notNull(),
  actor: text().notNull(),
  action: text().notNull(),
  target: text().notNull(),
  reason: text().notNull(),
  until: integer(),
  detail: text().notNull(),
  /** Of the link before and of this row (audit/chain.ts); empty in rows from before there was a chain. */
  hash: text().notNull().default(''),
});

/**
 * Audit rows that were moved to compressed files, with the links of the chain on both ends. Read in SQL (audit/segments.ts).
 * @public
 */
export const auditSegments = sqliteTable('audit_segments', {
  firstSeq: integer('first_seq').primaryKey(),
  lastSeq: integer('last_seq').notNull(),
  firstLink: text('first_link').notNull(),
  lastLink: text('last_link').notNull(),
  file: text().notNull(),
  sha256: text().notNull(),
  movedAt: integer('moved_at').notNull(),
});
