import { isLedgerError, type LedgerError } from '../ledger/errors.ts';
import { putMonthAside } from '../ledger/month-aside.ts';
import type { Ledger } from '../ledger/open.ts';

const isBadFile = ({ code }: LedgerError): boolean =>
  code === 'CandleFileCorrupt' || code === 'CandleFileMissing';

/** False where the error names neither a file nor a month that can be put aside. */
const putAside = (ledger: Ledger, error: unknown): boolean => {
  if (!isLedgerError(error) || !isBadFile(error)) return false;
  const { fileId, month } = error;
  if (fileId !== undefined) ledger.quarantine({ fileId, reason: error.message });
  else if (month !== undefined) putMonthAside(ledger, month);
  else return false;
  return true;
};

/** Runs `work`; a file or a month that it finds corrupt or gone is put aside before the error goes on, so the next try works. */
export const quarantiningBadFiles = <T>(ledger: Ledger, work: () => T): T => {
  try {
    return work();
  } catch (error) {
    putAside(ledger, error);
    throw error;
  }
};

/** The same until the work is done without the bad ones. A damage that neither can be named for is thrown. */
export const withoutBadFiles = <T>(ledger: Ledger, work: () => T): T => {
  for (;;) {
    try {
      return work();
    } catch (error) {
      if (!putAside(ledger, error)) throw error;
    }
  }
};
