/** What the gateway needs from the rest, as narrow as it uses it; `server.ts` gives the real ones, tests their own. */
import type { Config } from '../config.ts';
import type { Controller } from '../controller/open.ts';
import type { CandleColumns } from '../features/candle-features.ts';
import type { Ledger } from '../ledger/open.ts';
import type { Series } from '../series.ts';

/** The part of pino that the gateway calls. */
export interface Logger {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** The settings that shape the HTTP surface. */
export type GatewaySettings = Pick<
  Config,
  'series' | 'gateway' | 'simulator' | 'paths' | 'health' | 'rollback' | 'trainingKill'
> & {
  readonly temporal: Pick<Config['temporal'], 'uiUrl'>;
};

/** What the gateway reads of the ledger. It never writes there. */
export type LedgerReader = Pick<
  Ledger,
  | 'watermark'
  | 'watermarks'
  | 'newestGaps'
  | 'gapTotals'
  | 'corrections'
  | 'fileCounts'
  | 'fileCountHistory'
  | 'files'
  | 'bars'
  | 'version'
  | 'versions'
  | 'versionCount'
  | 'champion'
  | 'predecessor'
  | 'promotions'
  | 'rolledBack'
  | 'promotionCounts'
  | 'reading'
  | 'claimAttempts'
  | 'madeAt'
  | 'trainingKill'
  | 'killedFor'
  | 'conditions'
  | 'alerts'
  | 'alertsSince'
  | 'alertCounts'
>;

type Asked = Exclude<
  keyof Controller,
  | 'batch'
  | 'sync'
  | 'close'
  | 'useSchemas'
  | 'recordSchemas'
  | 'summary'
  | 'verify'
  | 'rotateAudit'
  | 'compact'
  | 'dailySums'
  | 'verifyAudit'
>;

/** What the gateway asks of the bandit controller, whether it answers from a thread or at once. */
export type ControllerPort = {
  readonly [M in Asked]: (
    ...args: Parameters<Controller[M]>
  ) => ReturnType<Controller[M]> | Promise<ReturnType<Controller[M]>>;
};

/** The newest stored closed candles of a series, or the newest of those that open before a moment. */
export type NewestCandles = (series: Series, count: number, beforeMs?: number) => CandleColumns;
