import type { Ledger } from '../ledger/open.ts';
import type { ReadingName } from '../ledger/readings.ts';

/** What runs by itself and nobody would miss for a while. */
export type Routine = 'audit' | 'janitor' | 'snapshot';

interface Awaited {
  readonly routine: Routine;
  readonly subject: string;
  /** Written whenever it ends well. */
  readonly reading: ReadingName;
}

export interface RoutineAge {
  readonly routine: Routine;
  readonly subject: string;
  /** Since it ended well, or since it was waited for first. */
  readonly ageMs: number;
}

const awaitedOf = (series: readonly string[]): Awaited[] => [
  { routine: 'snapshot', subject: 'snapshot', reading: 'snapshot' },
  { routine: 'janitor', subject: 'janitor', reading: 'janitor' },
  ...series.map((one) => ({
    ...{ routine: 'audit' as const, subject: `audit ${one}` },
    reading: `audit:${one}` as const,
  })),
];

/** One that nobody waits for yet has no age. */
export const routineAges = (
  ledger: Pick<Ledger, 'reading'>,
  series: readonly string[],
  nowMs: number,
): RoutineAge[] =>
  awaitedOf(series).flatMap(({ routine, subject, reading }) => {
    const found = ledger.reading(reading);
    return found ? [{ routine, subject, ageMs: nowMs - found.updatedAt }] : [];
  });

/**
 * Begins to wait: for what never ended yet (a new series, a ledger of before), and for the janitor, which comes every few
 * minutes, anew where nothing ran for a while (`wasAway`). The nightly ones are late when nights were slept through.
 */
export const awaitRoutines = (
  ledger: Pick<Ledger, 'reading' | 'recordReading'>,
  series: readonly string[],
  wasAway: boolean,
): void => {
  for (const { routine, reading } of awaitedOf(series))
    if (!ledger.reading(reading) || (wasAway && routine === 'janitor')) ledger.recordReading(reading, 0);
};
