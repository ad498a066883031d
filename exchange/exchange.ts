import type { Series } from '../series.ts';

/** `[openTimeMs, open, high, low, close, volume]`, decimals as canonical text (no exponent, no trailing zeros). */
export type Candle = readonly [
  openTimeMs: number,
  open: string,
  high: string,
  low: string,
  close: string,
  volume: string,
];

export interface CandlePage {
  /** Closed candles only, ascending, `openTimeMs` in [sinceMs, untilMs]. */
  readonly candles: readonly Candle[];
  /** The exchange's clock when the page was answered: a candle is closed when `openTimeMs + timeframe <= exchangeTimeMs`. */
  readonly exchangeTimeMs: number;
  /** True when the exchange gave fewer rows than asked for: everything closed up to now (or untilMs) has been seen. */
  readonly caughtUp: boolean;
}

/** Where candles come from. Failures are thrown as `ExchangeError` (exchange/errors.ts). */
export interface Exchange {
  readonly id: string;
  /** The next page of closed candles, `openTimeMs >= sinceMs`, at most `limit`. */
  fetchCandles(request: {
    readonly series: Series;
    readonly sinceMs: number;
    readonly untilMs?: number;
    readonly limit: number;
    readonly signal?: AbortSignal;
  }): Promise<CandlePage>;
  /** Open time of the oldest candle that the exchange has at or after sinceMs; undefined when there is none. */
  firstCandleTimeMs(request: {
    readonly series: Series;
    readonly sinceMs: number;
  }): Promise<number | undefined>;
  timeMs(): Promise<number>;
  close(): Promise<void>;
}
