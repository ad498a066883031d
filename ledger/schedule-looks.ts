import { eq } from 'drizzle-orm';
import { record } from './audit.ts';
import type { Store, Writer } from './database.ts';
import { scheduleLooks } from './schema/records.ts';

export interface ScheduleLook {
  readonly schedule: string;
  /** Runs that the schedule has left out since it was made, as Temporal counts them. */
  readonly skipped: number;
  /** For when its newest run was due, epoch ms; null: it never ran. */
  readonly lastRunAt: number | null;
}

export interface Skipped {
  readonly schedule: string;
  readonly ticks: number;
  /** Between these, epoch ms: the last run known before, and the newest one now. */
  readonly fromMs: number;
  readonly toMs: number;
}

/** A schedule that was made anew counts from zero again. */
const newlySkipped = (skipped: number, before: number): number =>
  skipped >= before ? skipped - before : skipped;

const look = (tx: Writer, seen: ScheduleLook, now: number): Skipped | undefined => {
  const { schedule, skipped, lastRunAt } = seen;
  const before = tx.select().from(scheduleLooks).where(eq(scheduleLooks.schedule, schedule)).get();
  const row = { ...seen, lookedAt: now };
  tx.insert(scheduleLooks).values(row).onConflictDoUpdate({ target: scheduleLooks.schedule, set: row }).run();
  const ticks = newlySkipped(skipped, before?.skipped ?? 0);
  if (!before || ticks === 0) return undefined;
  const toMs = lastRunAt !== null && lastRunAt > before.lookedAt ? lastRunAt : now;
  const found = { schedule, ticks, fromMs: before.lastRunAt ?? before.lookedAt, toMs };
  record(tx, now, { actor: 'worker', action: 'schedule.skipped', subject: schedule, detail: found });
  return found;
};

export const scheduleLookStore = ({ write, now }: Store) => ({
  /** What was skipped since the last look, told once however many workers look; undefined: nothing. */
  lookAtSchedule: (seen: ScheduleLook): Skipped | undefined => write((tx) => look(tx, seen, now())),
});
