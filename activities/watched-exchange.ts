import { activityInfo } from '@temporalio/activity';
import { ExchangeError, type ExchangeErrorKind } from '../exchange/errors.ts';
import type { CandlePage, Exchange } from '../exchange/exchange.ts';
import { clockOffsetMs } from '../health/clock-skew.ts';
import type { AlertKind } from '../ledger/alerts.ts';
import type { Ledger } from '../ledger/open.ts';
import { seriesKey } from '../series.ts';

/** Refusals that no retry mends: people are told once, and once more when they are over. */
const refusals: Partial<Record<ExchangeErrorKind, AlertKind>> = {
  Restricted: 'exchange_restricted',
  Auth: 'exchange_restricted',
  BadSymbol: 'unknown_symbol',
};

const refused = (ledger: Ledger, subject: string, error: unknown): void => {
  const kind = error instanceof ExchangeError ? refusals[error.kind] : undefined;
  if (!kind) return;
  const message = `${subject}: ${(error as Error).message}`;
  const run = activityInfo().workflowExecution;
  ledger.observeConditions({ kinds: [], found: [{ kind, subject, message }], settleMs: 0, run });
};

const answered = (ledger: Ledger, subject: string, beforeMs: number, page: CandlePage): void => {
  for (const kind of new Set(Object.values(refusals))) ledger.endCondition(kind, subject);
  // A backfill of many pages need not say it with each of them.
  if (page.caughtUp)
    ledger.recordReading('clock_offset_ms', clockOffsetMs(beforeMs, page.exchangeTimeMs, Date.now()));
};

/** The same exchange; what its answers tell about the health of the loop is kept in the ledger. */
export const watchedExchange = (exchange: Exchange, ledger: Ledger): Exchange => ({
  ...exchange,
  fetchCandles: async (request) => {
    const subject = seriesKey(request.series);
    const beforeMs = Date.now();
    try {
      const page = await exchange.fetchCandles(request);
      answered(ledger, subject, beforeMs, page);
      return page;
    } catch (error) {
      refused(ledger, subject, error);
      throw error;
    }
  },
  firstCandleTimeMs: async (request) => {
    try {
      return await exchange.firstCandleTimeMs(request);
    } catch (error) {
      refused(ledger, seriesKey(request.series), error);
      throw error;
    }
  },
});
