import { desc, eq, isNull } from 'drizzle-orm';
import { type Run, raise } from './alerts.ts';
import { record } from './audit.ts';
import { openDatabase, type Reader, type Store, type Writer } from './database.ts';
import { LedgerError } from './errors.ts';
import { hasTable } from './migrate.ts';
import { trainingKills } from './schema/versions.ts';
import { versionById } from './version-rows.ts';

export type TrainingKill = typeof trainingKills.$inferSelect;

/** Subject of its alerts and audit entries. */
export const trainingLoop = 'training';

export const openKill = (db: Reader): TrainingKill | undefined =>
  db.select().from(trainingKills).where(isNull(trainingKills.resumedAt)).get();

const heldIn = (db: Reader): TrainingKill | undefined => {
  if (hasTable(db, 'training_kills')) return openKill(db);
  // Older ledgers knew no kill.
  if (hasTable(db, 'files')) return undefined;
  throw new LedgerError('NotFound', 'an empty database is no ledger');
};

/** The kill that holds in the ledger at this path. Throws where it cannot be read. */
export const killIn = (path: string): TrainingKill | undefined => {
  const store = openDatabase({ path, readonly: true });
  try {
    return store.read(heldIn);
  } finally {
    store.close();
  }
};

/** In words, for whoever is refused. */
export const describeKill = ({ reason, actor, at, pinnedVersionId }: TrainingKill): string =>
  `the training loop was killed by ${actor} at ${new Date(at).toISOString()}: ${reason}` +
  `${pinnedVersionId === null ? '' : `; ${pinnedVersionId} is pinned`}; until an admin resumes it (POST /resume {"scope":"training"})`;

/** Throws `TrainingKilled` while the switch holds. */
export const requireTraining = (db: Reader): void => {
  const kill = openKill(db);
  if (kill) throw new LedgerError('TrainingKilled', describeKill(kill));
};

export interface NewKill {
  /** The same cause kills once: a limit that a person has resumed over does not kill again by itself. */
  readonly cause: string;
  readonly actor: string;
  readonly reason: string;
  readonly pinnedVersionId?: string | undefined;
  readonly run?: Run | undefined;
}

const killedFor = (db: Reader, cause: string): TrainingKill | undefined =>
  db.select().from(trainingKills).where(eq(trainingKills.cause, cause)).get();

const pinAgain = (
  tx: Writer,
  open: TrainingKill,
  { actor, reason, pinnedVersionId }: NewKill,
  now: number,
) => {
  if (pinnedVersionId === undefined || pinnedVersionId === open.pinnedVersionId) return open;
  record(tx, now, {
    actor,
    action: 'training.pin',
    subject: trainingLoop,
    detail: { reason, pinnedVersionId },
  });
  return tx
    .update(trainingKills)
    .set({ pinnedVersionId })
    .where(eq(trainingKills.seq, open.seq))
    .returning()
    .get();
};

/** Who puts it down, where that is another one than who killed. */
interface By {
  readonly actor: string;
  readonly detail?: object;
  readonly run?: Run | undefined;
}

const latch = (tx: Writer, row: typeof trainingKills.$inferInsert, by: By, now: number): TrainingKill => {
  const made = tx.insert(trainingKills).values(row).returning().get();
  const { actor, reason, cause, pinnedVersionId } = made;
  const detail = { reason, cause, pinnedVersionId, ...by.detail };
  record(tx, now, { actor: by.actor, action: 'training.kill', subject: trainingLoop, detail });
  raise(tx, now, {
    kind: 'kill',
    subject: trainingLoop,
    message: describeKill(made),
    detail: { ...detail, actor },
    run: by.run,
  });
  return made;
};

/** Latches. One that holds already stays as it is, but for the version that is pinned. */
export const kill = (tx: Writer, request: NewKill, now: number): TrainingKill => {
  const open = openKill(tx);
  if (open) return pinAgain(tx, open, request, now);
  const before = killedFor(tx, request.cause);
  if (before) return before;
  const { run, ...row } = request;
  return latch(tx, { ...row, at: now }, { actor: row.actor, run }, now);
};

/** Of a ledger that a restore replaces: it holds on in the one that takes its place, until a person resumes it. */
export const carryOver = (tx: Writer, held: TrainingKill, actor: string, now: number): TrainingKill => {
  const open = openKill(tx);
  if (open) return open;
  const { seq: _, cause, pinnedVersionId, ...row } = held;
  const carried = {
    ...row,
    // Resumed over before the snapshot, perhaps; this one was not.
    cause: killedFor(tx, cause) ? `${cause}, carried over ${now}` : cause,
    pinnedVersionId: pinnedVersionId !== null && versionById(tx, pinnedVersionId) ? pinnedVersionId : null,
  };
  const detail = { carried_over: true, killed_by: held.actor, killed_at_ms: held.at };
  return latch(tx, carried, { actor, detail }, now);
};

interface Resume {
  readonly actor: string;
  readonly reason: string;
}

const resume = (tx: Writer, { actor, reason }: Resume, now: number): TrainingKill => {
  const open = openKill(tx);
  if (!open) throw new LedgerError('Conflict', 'the training loop is not killed: there is nothing to resume');
  const row = tx
    .update(trainingKills)
    .set({ resumedAt: now, resumedBy: actor, resumeReason: reason })
    .where(eq(trainingKills.seq, open.seq))
    .returning()
    .get();
  const detail = { reason, was: open.reason, killed_by: open.actor, killed_at_ms: open.at };
  record(tx, now, { actor, action: 'training.resume', subject: trainingLoop, detail });
  const message = `${actor} resumed the training loop: ${reason}`;
  raise(tx, now, { kind: 'resume', subject: trainingLoop, message, detail });
  return row;
};

export const trainingKillStore = ({ read, write, now }: Store) => ({
  /** Throws `Conflict` where nothing is killed. */
  resumeTraining: (request: Resume): TrainingKill => write((tx) => resume(tx, request, now())),

  /** The kill that holds. */
  trainingKill: (): TrainingKill | undefined => read(openKill),

  /** Whether this cause killed before, resumed or not. */
  killedFor: (cause: string): boolean => read((db) => killedFor(db, cause) !== undefined),

  /** Newest first. */
  trainingKills: ({ limit }: { limit: number }): TrainingKill[] =>
    read((db) => db.select().from(trainingKills).orderBy(desc(trainingKills.seq)).limit(limit).all()),
});
