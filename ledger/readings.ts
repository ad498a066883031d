import { eq } from 'drizzle-orm';
import type { Store } from './database.ts';
import { meta } from './schema/meta.ts';
import { readings } from './schema/records.ts';

export type ReadingRow = typeof readings.$inferSelect;

/**
 * - `audit:<series>`: when a sampled range of the series was compared with the exchange last
 * - `clock_offset_ms`: exchange's clock minus ours, as far as it is certain; 0 while they agree within the request's time
 * - `disks`: the least free bytes of those that the watch looks at; `detail` has each
 * - `failed_retrains`: in a row, up to the newest; `detail` says how the newest failed
 * - `janitor`: when it ended well last
 * - `schedules_applied`: how many; `detail` has by id the hash of the settings that each was brought in line with
 * - `snapshot`: when one was taken last; how many files it lacks that the ledger knows
 * - `watched`: when the watch looked last
 * - `watch_silence`: since when the watch is silent, as it was told; 0: its end was told too
 */
export type ReadingName =
  | 'clock_offset_ms'
  | 'disks'
  | 'failed_retrains'
  | 'janitor'
  | 'schedules_applied'
  | 'snapshot'
  | 'watched'
  | 'watch_silence'
  | `audit:${string}`;

export const readingStore = ({ read, write, now }: Store) => ({
  /** Keeps the newest value of a measurement. */
  recordReading: (name: ReadingName, value: number, detail: unknown = null): void =>
    write((tx) => {
      const set = { value, detail, updatedAt: now() };
      tx.insert(readings)
        .values({ name, ...set })
        .onConflictDoUpdate({ target: readings.name, set })
        .run();
    }),

  reading: (name: ReadingName): ReadingRow | undefined =>
    read((db) => db.select().from(readings).where(eq(readings.name, name)).get()),

  /** When the ledger was made, epoch ms. */
  madeAt: (): number => read((db) => db.select({ at: meta.createdAt }).from(meta).get())?.at ?? 0,
});
