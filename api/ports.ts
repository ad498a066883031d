/** What the gateway needs from the rest, as narrow as it uses it; `server.ts` gives the real ones, tests their own. */
import type { CandleColumns } from '../features/candle-features.ts';
import type { Ledger } from '../ledger/open.ts';
import type { Series } from '../series.ts';

/** The part of pino that the gateway calls. */
export interface Logger {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** The settings that shape the HTTP surface; cut from `config.ts` by `gatewaySettings`. */
export interface GatewaySettings {
  readonly exchange: string;
  /** `BTC/USDT` form, at least one; the first answers a /predict that names none. */
  readonly symbols: readonly string[];
  readonly timeframe: string;
  readonly host: string;
  readonly allowInsecure: boolean;
  readonly auth: AuthSettings;
}

export interface AuthSettings {
  readonly required: boolean;
  readonly apiKeys: readonly { readonly role: Role; readonly key: string }[];
  readonly jwtSecret?: string | undefined;
  readonly jwtAudience?: string | undefined;
}

/** Each may do what the ones before it may. */
export const roles = ['reader', 'engine', 'trainer', 'admin'] as const;
export type Role = (typeof roles)[number];

/** What the gateway reads of the ledger. It never writes there. */
export type LedgerReader = Pick<
  Ledger,
  | 'watermark'
  | 'watermarks'
  | 'gaps'
  | 'fileCounts'
  | 'bars'
  | 'version'
  | 'versions'
  | 'versionCount'
  | 'champion'
  | 'promotions'
>;

/** The newest stored closed candles of a series. */
export type NewestCandles = (series: Series, count: number) => CandleColumns | Promise<CandleColumns>;
