import { existsSync } from 'node:fs';
import type { Config } from '../../config.ts';
import { isLedgerError } from '../../ledger/errors.ts';
import { openLedger } from '../../ledger/open.ts';
import { type Check, fail, ok, reasonOf } from './check.ts';

const adviceOf = (error: unknown): string => {
  if (isLedgerError(error, 'DomainMismatch'))
    return 'set DOMAIN to that of the ledger, or LEDGER_DB to another one';
  if (isLedgerError(error, 'InUse')) return 'complete the restore: `autotrain ledger restore --resume`';
  return 'look at LEDGER_DB; `autotrain ledger restore latest` brings back the newest snapshot';
};

/** It opens under its domain and can be read. */
export const checkLedger = ({ paths: { ledgerFile }, domain }: Config): Check => {
  if (!existsSync(ledgerFile)) return ok('ledger', `not made yet: ${ledgerFile}`);
  try {
    const ledger = openLedger({ path: ledgerFile, domain, readonly: true });
    try {
      return ok('ledger', `${ledgerFile}, domain ${domain}, ${ledger.versionCount()} versions`);
    } finally {
      ledger.close();
    }
  } catch (error) {
    return fail('ledger', `${ledgerFile}: ${reasonOf(error)}`, adviceOf(error));
  }
};
