import { type CrashPointName, crashPoints } from './crash-points.ts';

/** Which test dies at all command points of a group, the word before the colon: it takes its list from here. */
export const diedAtBy = {
  import: 'ledger/import/import.test.ts',
  'lost-month': 'ledger/lost-months.test.ts',
  older: 'ledger/older/older.test.ts',
  snapshot: 'snapshots/take.test.ts',
  'old-snapshot': 'snapshots/take.test.ts',
  restore: 'snapshots/restore.test.ts',
} as const;

export const allCommandPoints: readonly CrashPointName[] = crashPoints
  .filter(({ by }) => by === 'command')
  .map(({ point }) => point);

export const groupOf = (point: string): string => point.slice(0, point.indexOf(':'));

/** Every point of a group that is in the table, so that a new one is died at without anybody thinking of it. */
export const commandPoints = (group: keyof typeof diedAtBy): readonly CrashPointName[] =>
  allCommandPoints.filter((point) => groupOf(point) === group);
