import type { Bar } from './bars.ts';
import {
  averageTrueRange,
  closeDeviation,
  ema,
  logReturn,
  trendStrength,
  volatility,
  vwapDistance,
  zScore,
} from './indicators.ts';

type Params = Readonly<Record<string, number | string>>;

/** An open paper position. All of it follows from the served parameters and the candles up to its entry. */
export interface Trade {
  readonly side: 1 | -1;
  readonly entry: number;
  readonly entryMs: number;
  /** Units of the base currency: what the stop's distance costs is the risk that the parameters allow. */
  readonly units: number;
}

/** What a bundled strategy does with the parameters that it is served. `bars` end with the newest closed candle. */
export interface PaperStrategy {
  readonly strategy: string;
  features(bars: readonly Bar[]): Readonly<Record<string, number>>;
  open(params: Params, bars: readonly Bar[]): Trade | undefined;
  isOver(params: Params, trade: Trade, bars: readonly Bar[]): boolean;
}

const paperEquity = 10_000;
/** A trend that did not end is taken as it stands after so many candles, so that something is learned from it. */
const longestTrend = 60;

const number = (params: Params, name: string): number => {
  const value = params[name];
  if (typeof value !== 'number') throw new Error(`parameter ${name} is ${String(value)}, not a number`);
  return value;
};

const last = (bars: readonly Bar[]): Bar => {
  const bar = bars.at(-1);
  if (bar === undefined) throw new Error('the exchange has no closed candle');
  return bar;
};

const tradeAt = (
  params: Params,
  side: 1 | -1,
  bars: readonly Bar[],
  stopDistance: number,
): Trade | undefined => {
  const { close, openTimeMs } = last(bars);
  if (!(stopDistance > 0)) return undefined;
  const risk = (paperEquity * number(params, 'risk_bps')) / 10_000;
  // Without leverage: a stop that is near must not buy more than there is.
  const units = Math.min(risk / stopDistance, paperEquity / close);
  return { side, entry: close, entryMs: openTimeMs, units };
};

/** Candles since the entry, the one it was entered on first. */
const since = (bars: readonly Bar[], { entryMs }: Trade): readonly Bar[] =>
  bars.filter(({ openTimeMs }) => openTimeMs >= entryMs);

/** In quote currency, filled at closes and without costs. */
export const rewardOf = ({ side, entry, units }: Trade, bars: readonly Bar[]): number =>
  side * (last(bars).close - entry) * units;

const trendFollowing: PaperStrategy = {
  strategy: 'trend_following',
  features: (bars) => ({
    ret: logReturn(bars),
    vol: volatility(bars),
    trend_strength: trendStrength(bars),
    ema_gap: Math.log(ema(bars, 20) / ema(bars, 100)),
  }),
  open: (params, bars) => {
    if (trendStrength(bars) < number(params, 'min_trend_strength')) return undefined;
    const side =
      ema(bars, number(params, 'fast_candles')) > ema(bars, number(params, 'slow_candles')) ? 1 : -1;
    const allowed = params.side === 'both' || params.side === (side === 1 ? 'long' : 'short');
    const stop = number(params, 'trailing_stop_atr') * averageTrueRange(bars);
    return allowed ? tradeAt(params, side, bars, stop) : undefined;
  },
  isOver: (params, trade, bars) => {
    const held = since(bars, trade);
    const best = Math.max(...held.map(({ close }) => trade.side * close));
    const stop = number(params, 'trailing_stop_atr') * averageTrueRange(bars);
    return held.length > longestTrend || trade.side * last(bars).close < best - stop;
  },
};

const meanReversion: PaperStrategy = {
  strategy: 'mean_reversion',
  features: (bars) => ({ vol: volatility(bars), zscore: zScore(bars, 48), dev_vwap: vwapDistance(bars) }),
  open: (params, bars) => {
    const lookback = number(params, 'lookback_candles');
    const z = zScore(bars, lookback);
    const [size, stop] = [Math.abs(z), number(params, 'stop_z')];
    if (size < number(params, 'entry_z') || size >= stop) return undefined;
    if (trendStrength(bars) > number(params, 'max_trend_strength')) return undefined;
    return tradeAt(params, z > 0 ? -1 : 1, bars, (stop - size) * closeDeviation(bars.slice(-lookback)));
  },
  isOver: (params, trade, bars) => {
    // How far the price still is from the mean, on the side where it was entered.
    const left = -trade.side * zScore(bars, number(params, 'lookback_candles'));
    const isLate = since(bars, trade).length > number(params, 'max_hold_candles');
    return isLate || left <= number(params, 'exit_z') || left >= number(params, 'stop_z');
  },
};

export const paperStrategies: readonly PaperStrategy[] = [trendFollowing, meanReversion];
