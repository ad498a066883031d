import { count, eq, isNotNull } from 'drizzle-orm';
import { record } from './audit.ts';
import { openDatabase, type Reader, type Store, type Writer } from './database.ts';
import { endOpenClaims } from './give-back.ts';
import { readMeta } from './meta.ts';
import { archiveMonths, files } from './schema/files.ts';
import { meta } from './schema/meta.ts';
import { versions } from './schema/versions.ts';
import { carryOver, type TrainingKill } from './training-kills.ts';

export interface NewEpoch {
  /** The epoch of the state that is replaced: the new one is later than it, too. */
  readonly after: number;
  readonly actor: string;
  readonly reason: string;
  /** What held training in the state that is replaced. */
  readonly kill?: TrainingKill | undefined;
}

export interface EpochBegun {
  readonly epoch: number;
  readonly claimsEnded: number;
  readonly filesRequeued: number;
}

const begin = (tx: Writer, { after, actor, reason, kill }: NewEpoch, now: number): EpochBegun => {
  const epoch = Math.max(readMeta(tx)?.epoch ?? 0, after) + 1;
  tx.update(meta).set({ epoch }).where(eq(meta.id, 1)).run();
  const ended = endOpenClaims(tx, now);
  const begun = { epoch, claimsEnded: ended.claims, filesRequeued: ended.requeued };
  record(tx, now, { actor, action: 'ledger.restore', subject: String(epoch), detail: { reason, ...begun } });
  if (kill) carryOver(tx, kill, actor, now);
  return begun;
};

/** How many files and versions went from disk, or to the archive, and what its months hash to: it changes when either moves. */
const diskMarks = (db: Reader): string => {
  const ofFiles = { archived: count(files.archivedAt), deleted: count(files.deletedAt) };
  const pruned = db.select({ n: count() }).from(versions).where(isNotNull(versions.prunedAt)).get()?.n;
  const months = db.select().from(archiveMonths).all();
  return JSON.stringify([db.select(ofFiles).from(files).get(), pruned, months]);
};

export const epochStore = ({ read, write, now }: Store) => ({
  /** For a restored ledger, before anybody works on it: older fences are stale, and every open claim is over. */
  beginEpoch: (request: NewEpoch): EpochBegun => write((tx) => begin(tx, request, now())),

  /** Differs when files or versions were moved or removed on disk between two looks. */
  diskMarks: (): string => read(diskMarks),

  epoch: (): number => read(readMeta)?.epoch ?? 0,
});

/** The epoch of a ledger that may be damaged; undefined when it cannot be read. */
export const epochOf = (path: string): number | undefined => {
  try {
    const store = openDatabase({ path, readonly: true });
    try {
      return store.read(readMeta)?.epoch;
    } finally {
      store.close();
    }
  } catch {
    // Missing or unreadable: a restore is what mends it.
    return undefined;
  }
};
