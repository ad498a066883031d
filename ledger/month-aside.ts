import { readFileSync, renameSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { seriesKey } from '../series.ts';
import { archivePath, readMonthFile } from './archive-files.ts';
import { archiveLock } from './archive-lock.ts';
import { sha256Of } from './candle-file.ts';
import type { CrashPoint } from './crash-points.ts';
import { ifThere, syncDirectory } from './durable-file.ts';
import { type BadMonth, isLedgerError } from './errors.ts';
import type { Ledger } from './open.ts';

/** Damaged bytes stay as evidence, under a name that is no month's. Returns it; undefined where there is no file. */
const moveAside = ({ dataDir, series, month }: BadMonth): string | undefined => {
  const path = archivePath(dataDir, series, month);
  const bytes = ifThere(() => readFileSync(path));
  if (bytes === undefined) return undefined;
  const aside = path.replace(/\.csv$/, `.altered-${sha256Of(bytes).slice(0, 12)}.csv`);
  renameSync(path, aside);
  syncDirectory(dirname(path));
  return basename(aside);
};

/** Under the lock nobody replaces it: what differs here was not merely read between two steps. */
const isSound = (ledger: Ledger, { month, ...source }: BadMonth): boolean => {
  try {
    return readMonthFile({ ledger, ...source }, month) !== undefined;
  } catch (error) {
    if (isLedgerError(error) && error.month !== undefined) return false;
    throw error;
  }
};

/**
 * Puts a month of the archive that was found altered or gone aside: first its file, then what the ledger knows of it. A
 * crash between them leaves a month that is gone, which the next reader finds.
 */
export const putMonthAside = (ledger: Ledger, bad: BadMonth, crash?: CrashPoint): void =>
  archiveLock(bad.dataDir, seriesKey(bad.series), () => {
    if (isSound(ledger, bad)) return;
    const name = moveAside(bad);
    crash?.('lost-month:aside');
    const reason = name ? `its file differs from its hash, see ${name}` : 'its file is gone';
    ledger.loseMonth({ series: bad.series, month: bad.month, reason });
  });
