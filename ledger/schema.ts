/**
 * The ledger's tables. Change them here, then `npx drizzle-kit generate`.
 *
 * Times are epoch ms UTC, but for leases, which have a clock of their own. Rules that no bug of ours may break (a watermark moves forward, the audit log is
 * append-only) are triggers of the database, in the migrations.
 */
import { sql } from 'drizzle-orm';
import {
  check,
  index,
  integer,
  primaryKey,
  real,
  sqliteTable,
  text,
  uniqueIndex,
} from 'drizzle-orm/sqlite-core';

export const fileStatuses = ['downloaded', 'processing', 'processed', 'deleted', 'quarantined'] as const;
/** `restored`: candles that a new lineage takes back from the archive; they are counted in the files they first came in. */
export const fileKinds = ['candles', 'corrections', 'restored'] as const;
/** `outage`: the exchange answered often enough that it has no candles there; `filled`: they came later. */
export const gapStates = ['open', 'outage', 'filled'] as const;
export const changeKinds = ['rewritten', 'appeared', 'removed'] as const;
export const promotionKinds = ['promote', 'rollback', 'adopt', 'restore'] as const;
export const dispositionKinds = [
  'trained',
  'corrected_late',
  'skipped_late',
  'duplicate',
  'removed',
] as const;
export const alertSeverities = ['info', 'warning', 'critical'] as const;
export const alertStatuses = ['event', 'firing', 'resolved'] as const;

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

/** A leased, fenced right of one run to a set of files; its id is its first fence. */
export const claims = sqliteTable(
  'claims',
  {
    claimId: integer('claim_id').primaryKey(),
    fence: integer().notNull().unique(),
    workflowId: text('workflow_id').notNull(),
    runId: text('run_id').notNull(),
    claimedAt: integer('claimed_at').notNull(),
    /** On the lease clock, which is not the time of day. */
    leaseUntil: integer('lease_until').notNull(),
    closedAt: integer('closed_at'),
    outcome: text({ enum: ['committed', 'given_back', 'expired'] }),
  },
  (table) => [index('claims_open').on(table.closedAt, table.leaseUntil)],
);

/** Every run that ever owned a claim: a run that is in here and is not the owner was superseded for good. */
export const claimRuns = sqliteTable(
  'claim_runs',
  {
    claimId: integer('claim_id')
      .notNull()
      .references(() => claims.claimId),
    runId: text('run_id').notNull(),
    fence: integer().notNull(),
    takenAt: integer('taken_at').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.claimId, table.runId] }),
    index('claim_runs_by_run').on(table.runId),
  ],
);

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

/** The settings that starts ran under; a row for each change of them, the newest counts. */
export const starts = sqliteTable('starts', {
  seq: integer().primaryKey({ autoIncrement: true }),
  at: integer().notNull(),
  settings: text({ mode: 'json' }).$type<unknown>().notNull(),
  /** What changed against the row before, in words. */
  changes: text({ mode: 'json' }).$type<readonly string[]>().notNull(),
});

/** What a schedule looked like when it was last looked at: runs that it left out are counted from there. */
export const scheduleLooks = sqliteTable('schedule_looks', {
  schedule: text().primaryKey(),
  skipped: integer().notNull(),
  lastRunAt: integer('last_run_at'),
  lookedAt: integer('looked_at').notNull(),
});

/** Audit rows that were moved to compressed files, with the links of the chain on both ends. */
export const auditSegments = sqliteTable('audit_segments', {
  firstSeq: integer('first_seq').primaryKey(),
  lastSeq: integer('last_seq').notNull(),
  firstLink: text('first_link').notNull(),
  lastLink: text('last_link').notNull(),
  file: text().notNull(),
  sha256: text().notNull(),
  movedAt: integer('moved_at').notNull(),
});
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

export const audit = sqliteTable('audit', {
  seq: integer().primaryKey({ autoIncrement: true }),
  at: integer().notNull(),
  actor: text().notNull(),
  action: text().notNull(),
  subject: text().notNull(),
  detail: text({ mode: 'json' }).$type<unknown>(),
  /** Of the link before and of this row (audit/chain.ts); empty in rows from before there was a chain. */
  hash: text().notNull().default(''),
});

/** The outbox: what people are told. A row is written with its cause, in one transaction, and posted later. */
export const alerts = sqliteTable(
  'alerts',
  {
    seq: integer().primaryKey({ autoIncrement: true }),
    /** For the receiver: the same alert posted twice has the same id. */
    alertId: text('alert_id').notNull().unique(),
    kind: text().notNull(),
    severity: text({ enum: alertSeverities }).notNull(),
    status: text({ enum: alertStatuses }).notNull(),
    subject: text().notNull(),
    message: text().notNull(),
    detail: text({ mode: 'json' }).$type<unknown>(),
    /** How many events of this kind and subject it stands for: those that came while it waited. */
    count: integer().notNull().default(1),
    workflowId: text('workflow_id'),
    runId: text('run_id'),
    createdAt: integer('created_at').notNull(),
    attempts: integer().notNull().default(0),
    nextAttemptAt: integer('next_attempt_at').notNull(),
    lastError: text('last_error'),
    /** Delivered, given up, or not wanted by anybody. */
    settledAt: integer('settled_at'),
    outcome: text({ enum: ['delivered', 'given_up', 'expired'] }),
  },
  (table) => [
    index('alerts_waiting').on(table.settledAt, table.nextAttemptAt),
    index('alerts_by_kind').on(table.kind, table.subject, table.createdAt),
  ],
);

/** What is wrong now and was told: one alert while it lasts, and one when it is over. */
export const alertConditions = sqliteTable(
  'alert_conditions',
  {
    kind: text().notNull(),
    subject: text().notNull(),
    severity: text({ enum: alertSeverities }).notNull(),
    message: text().notNull(),
    since: integer().notNull(),
    seenAt: integer('seen_at').notNull(),
    /** Not seen since; it is over when this has lasted a while. */
    clearSince: integer('clear_since'),
  },
  (table) => [primaryKey({ columns: [table.kind, table.subject] })],
);

/** The newest measurement of each name: how the loop is, beside what the other tables tell. */
export const readings = sqliteTable('readings', {
  name: text().primaryKey(),
  value: real().notNull(),
  detail: text({ mode: 'json' }).$type<unknown>(),
  updatedAt: integer('updated_at').notNull(),
});

/** What each retrain found to claim, also when that was nothing. The newest thousand. */
export const claimAttempts = sqliteTable('claim_attempts', {
  seq: integer().primaryKey({ autoIncrement: true }),
  runId: text('run_id').notNull().unique(),
  workflowId: text('workflow_id').notNull(),
  claimedFiles: integer('claimed_files').notNull(),
  at: integer().notNull(),
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
