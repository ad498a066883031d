import { and, eq } from 'drizzle-orm';
import { type AlertKind, alertKinds, type NewAlert, type Run, raise } from './alerts.ts';
import type { Reader, Store, Writer } from './database.ts';
import { alertConditions } from './schema/records.ts';

export type ConditionRow = typeof alertConditions.$inferSelect;

export interface Observation {
  /** The kinds that were looked at: what is open of them and was not found is over. Others are left alone. */
  readonly kinds: readonly AlertKind[];
  readonly found: readonly NewAlert[];
  /** A condition is over when it was not found for so long: one that flickers is one alert. */
  readonly settleMs: number;
  readonly run?: Run | undefined;
}

const key = ({ kind, subject }: { readonly kind: string; readonly subject: string }) =>
  and(eq(alertConditions.kind, kind), eq(alertConditions.subject, subject));

const openOf = (db: Reader, alert: NewAlert): ConditionRow | undefined =>
  db.select().from(alertConditions).where(key(alert)).get();

/** The first sight of it is told; later ones only say that it lasts. */
const see = (tx: Writer, alert: NewAlert, run: Run | undefined, now: number): void => {
  const { kind, subject, message } = alert;
  if (openOf(tx, alert)) {
    tx.update(alertConditions).set({ message, seenAt: now, clearSince: null }).where(key(alert)).run();
    return;
  }
  const { severity } = alertKinds[kind];
  tx.insert(alertConditions).values({ kind, subject, severity, message, since: now, seenAt: now }).run();
  raise(tx, now, { run, ...alert, status: 'firing' });
};

const miss = (tx: Writer, row: ConditionRow, { settleMs, run }: Observation, now: number): void => {
  const clearSince = row.clearSince ?? now;
  if (now - clearSince < settleMs) {
    tx.update(alertConditions).set({ clearSince }).where(key(row)).run();
    return;
  }
  tx.delete(alertConditions).where(key(row)).run();
  const kind = row.kind as AlertKind;
  const detail = { since_ms: row.since, was: row.message };
  raise(tx, now, {
    kind,
    subject: row.subject,
    message: `over: ${row.message}`,
    detail,
    run,
    status: 'resolved',
  });
};

const observe = (tx: Writer, observation: Observation, now: number): void => {
  const { kinds, found, run } = observation;
  for (const alert of found) see(tx, alert, run, now);
  const isFound = (row: ConditionRow): boolean =>
    found.some(({ kind, subject }) => kind === row.kind && subject === row.subject);
  const open = tx.select().from(alertConditions).all();
  for (const row of open)
    if (kinds.some((kind) => kind === row.kind) && !isFound(row)) miss(tx, row, observation, now);
};

export const conditionStore = ({ read, write, now }: Store) => ({
  /** Compares what was found with what is open, and tells the difference. */
  observeConditions: (observation: Observation): void => write((tx) => observe(tx, observation, now())),

  /** Ends one at once, because its cause is known to be gone. Cheap where it is not open. */
  endCondition: (kind: AlertKind, subject: string): void => {
    const open = read((db) => openOf(db, { kind, subject, message: '' }));
    if (open) write((tx) => miss(tx, open, { kinds: [kind], found: [], settleMs: 0 }, now()));
  },

  /** What is wrong now, as the watch found it. */
  conditions: (): ConditionRow[] =>
    read((db) => db.select().from(alertConditions).orderBy(alertConditions.since).all()),
});
