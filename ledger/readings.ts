import { eq } from 'drizzle-orm';
import type { Store } from './database.ts';
import { meta } from './schema/meta.ts';
import { readings } from './schema/records.ts';

export type ReadingRow = typeof readings.$inferSelect;

/**
 * - `clock_offset_ms`: exchange's clock minus ours, as far as it is certain; 0 while they agree within the request's time
 * - `disks`: the least free bytes of those that the watch looks at; `detail` has each
 * - `failed_retrains`: in a row, up to the newest; `detail` says how the newest failed
 * - `schedules_applied`: how many; `detail` has by id the hash of the settings that each was brought in line with
 * - `watched`: when the watch looked last
 * - `watch_silence`: since when the watch is silent, as it was told; 0: its end was told too
 */
export type ReadingName =
  | 'clock_offset_ms'
  | 'disks'
  | 'failed_retrains'
  | 'schedules_applied'
  | 'watched'
  | 'watch_silence';

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
