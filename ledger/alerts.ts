import { randomUUID } from 'node:crypto';
import { and, desc, eq, isNull } from 'drizzle-orm';
import type { Reader, Writer } from './database.ts';
import { type alertSeverities, type alertStatuses, alerts } from './schema/records.ts';

export type AlertRow = typeof alerts.$inferSelect;
export type Severity = (typeof alertSeverities)[number];

interface KindOfAlert {
  readonly severity: Severity;
  readonly means: string;
}

/** Everything that people are told; docs/reference/alerts.md explains each row. */
export const alertKinds = {
  promotion: { severity: 'info', means: 'another version serves' },
  rollback: { severity: 'warning', means: 'an earlier version serves again' },
  gate_failure: { severity: 'info', means: 'models of a retrain were judged and refused' },
  kill: { severity: 'critical', means: 'the training loop was killed: nothing is trained or promoted' },
  resume: { severity: 'info', means: 'the training loop goes on' },
  trading_killed: {
    severity: 'critical',
    means: 'trading is halted or reduced, by hand or by a protection: engines get no, or smaller, positions',
  },
  stale: { severity: 'warning', means: 'no new candles of a series have been stored for a while' },
  empty_runs: { severity: 'warning', means: 'retrains found nothing to claim, several times in a row' },
  retrain_failed: { severity: 'critical', means: 'the newest retrain ended without a result' },
  quarantine: { severity: 'warning', means: 'files were put aside because they are bad' },
  archive_failed: {
    severity: 'warning',
    means: 'the candles of a series could not be archived: their CSVs stay until the next retrain',
  },
  disk_low: { severity: 'critical', means: 'a disk of the loop is nearly full' },
  clock_skew: { severity: 'warning', means: 'our clock differs from that of the exchange' },
  routine_overdue: {
    severity: 'warning',
    means: 'no snapshot, janitor or audit of a series has ended well for too long',
  },
  snapshot_incomplete: {
    severity: 'warning',
    means: 'the newest snapshot lacks files that the ledger knows: the disk has lost or altered them',
  },
  exchange_restricted: { severity: 'critical', means: 'the exchange refuses this location or account' },
  unknown_symbol: { severity: 'critical', means: 'the exchange does not know the symbol, or delisted it' },
  watch_failed: {
    severity: 'critical',
    means:
      'the watch cannot judge the newest promotion, roll it back or kill the loop: it may be worse unseen',
  },
  watch_silent: { severity: 'critical', means: 'the watch does not run: a worker or Temporal is down' },
} as const satisfies Record<string, KindOfAlert>;

export type AlertKind = keyof typeof alertKinds;

export interface Run {
  readonly workflowId: string;
  readonly runId: string;
}

export interface NewAlert {
  readonly kind: AlertKind;
  /** What it is about: a version, a series, a workflow, a folder. */
  readonly subject: string;
  readonly message: string;
  /** JSON */
  readonly detail?: unknown;
  readonly status?: (typeof alertStatuses)[number];
  /** The run whose page in Temporal's Web UI shows more. */
  readonly run?: Run | undefined;
}

const waitingEvent = (db: Reader, { kind, subject }: NewAlert): AlertRow | undefined =>
  db
    .select()
    .from(alerts)
    .where(
      and(
        eq(alerts.kind, kind),
        eq(alerts.subject, subject),
        eq(alerts.status, 'event'),
        isNull(alerts.settledAt),
        eq(alerts.attempts, 0),
      ),
    )
    .orderBy(desc(alerts.seq))
    .limit(1)
    .get();

/**
 * Writes an alert in the transaction of its cause. Events of one kind and subject that wait to be posted are one row
 * that counts them, so a disk that goes bad under a thousand files does not post a thousand alerts.
 */
export const raise = (tx: Writer, now: number, alert: NewAlert): void => {
  const { kind, subject, message, detail = null, status = 'event', run } = alert;
  const before = status === 'event' ? waitingEvent(tx, alert) : undefined;
  if (before) {
    const count = before.count + 1;
    tx.update(alerts).set({ count, message, detail }).where(eq(alerts.seq, before.seq)).run();
    return;
  }
  tx.insert(alerts)
    .values({
      ...{ alertId: randomUUID(), kind, status, subject, message, detail },
      severity: status === 'resolved' ? 'info' : alertKinds[kind].severity,
      ...{ workflowId: run?.workflowId ?? null, runId: run?.runId ?? null },
      ...{ createdAt: now, nextAttemptAt: now },
    })
    .run();
};
