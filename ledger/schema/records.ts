/** What is told to people and kept to look back: alerts, readings, starts, the audit log. */
import { index, integer, primaryKey, real, sqliteTable, text } from 'drizzle-orm/sqlite-core';

export const alertSeverities = ['info', 'warning', 'critical'] as const;

export const alertStatuses = ['event', 'firing', 'resolved'] as const;

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
