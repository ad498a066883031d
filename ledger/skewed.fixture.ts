/**
 * A process with a ledger of its own that does what its parent asks, one request a message, and answers with the
 * result or the code of the failure. `clock` is its time of day: what its parent gave it instead of the machine's.
 */
import { isLedgerError } from './errors.ts';
import { openLedger } from './open.ts';

const ledger = openLedger({ path: process.argv[2] ?? '', domain: 'production' });

const does = {
  claim: ledger.claim,
  renew: ledger.renew,
  sweep: () => ledger.sweepExpiredClaims(99),
  clock: () => Date.now(),
};

interface Request {
  readonly does: keyof typeof does;
  readonly with: never;
}

const answer = (request: Request): unknown => {
  try {
    return does[request.does](request.with);
  } catch (error) {
    if (isLedgerError(error)) return error.code;
    throw error;
  }
};

process.on('message', (request: Request) => process.send?.({ answer: answer(request) ?? null }));
process.send?.({ answer: 'ready' });
