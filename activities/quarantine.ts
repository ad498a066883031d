import { isLedgerError } from '../ledger/errors.ts';
import type { Ledger } from '../ledger/open.ts';

/** Runs `work`; a file that it finds corrupt or gone is put aside before the error goes on, so the next try works. */
export const quarantiningBadFiles = <T>(ledger: Ledger, work: () => T): T => {
  try {
    return work();
  } catch (error) {
    if (isLedgerError(error) && error.fileId !== undefined && isBadFile(error.code)) {
      ledger.quarantine({ fileId: error.fileId, reason: error.message });
    }
    throw error;
  }
};

/** The same until the work is done without the bad ones. A damage that no file can be named for is thrown. */
export const withoutBadFiles = <T>(ledger: Ledger, work: () => T): T => {
  for (;;) {
    try {
      return quarantiningBadFiles(ledger, work);
    } catch (error) {
      if (!isLedgerError(error) || error.fileId === undefined || !isBadFile(error.code)) throw error;
    }
  }
};

const isBadFile = (code: string): boolean => code === 'CandleFileCorrupt' || code === 'CandleFileMissing';
