import { asc, desc } from 'drizzle-orm';
import { record } from './audit.ts';
import type { Reader, Store, Writer } from './database.ts';
import { starts } from './schema/records.ts';

export interface Start<Settings> {
  readonly at: number;
  readonly settings: Settings;
  readonly changes: readonly string[];
}

const newestStart = <S>(db: Reader): Start<S> | undefined =>
  db.select().from(starts).orderBy(desc(starts.seq)).limit(1).get() as Start<S> | undefined;

export interface StartRecord<S> {
  readonly settings: S;
  readonly actor: string;
  /** In words; asked with what the last start ran under, undefined for the first one. */
  readonly compare: (before: S | undefined) => readonly string[];
}

/** Two workers of one deployment start with the same settings: the second one finds nothing changed. */
const recordStart = <S>(tx: Writer, { settings, actor, compare }: StartRecord<S>, at: number) => {
  const before = newestStart<S>(tx);
  if (JSON.stringify(before?.settings) === JSON.stringify(settings)) return [];
  const changes = compare(before?.settings);
  tx.insert(starts).values({ at, settings, changes }).run();
  record(tx, at, { actor, action: 'start.changed', subject: 'settings', detail: { settings, changes } });
  return changes;
};

export const startStore = ({ read, write, now }: Store) => ({
  /** Notes what this start runs under, and says what changed since the last one. */
  recordStart: <S>(start: StartRecord<S>): readonly string[] => write((tx) => recordStart(tx, start, now())),

  /** Oldest first. */
  starts: <S>(): Start<S>[] =>
    read((db) => db.select().from(starts).orderBy(asc(starts.seq)).all() as Start<S>[]),

  lastStart: <S>(): Start<S> | undefined => read((db) => newestStart<S>(db)),
});
