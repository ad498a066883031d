/** Who holds files, and who asked for them. */
import { index, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core';

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

/** What each retrain found to claim, also when that was nothing. The newest thousand. */
export const claimAttempts = sqliteTable('claim_attempts', {
  seq: integer().primaryKey({ autoIncrement: true }),
  runId: text('run_id').notNull().unique(),
  workflowId: text('workflow_id').notNull(),
  claimedFiles: integer('claimed_files').notNull(),
  at: integer().notNull(),
});
