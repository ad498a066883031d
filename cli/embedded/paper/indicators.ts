import type { Bar } from './bars.ts';

const averaged = 14;

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);

/** Exponential average of the closes, begun four spans back: what lies before weighs less than 2 %. */
export const ema = (bars: readonly Bar[], span: number): number => {
  const weight = 2 / (span + 1);
  const [first, ...later] = bars.slice(-4 * span);
  return later.reduce(
    (average, { close }) => average + weight * (close - average),
    first?.close ?? Number.NaN,
  );
};

const trueRange = (bar: Bar, before: Bar): number =>
  Math.max(bar.high, before.close) - Math.min(bar.low, before.close);

const moves = (bars: readonly Bar[]) =>
  bars.slice(1).map((bar, i) => {
    const before = bars[i] as Bar;
    const [up, down] = [bar.high - before.high, before.low - bar.low];
    return {
      range: trueRange(bar, before),
      up: up > down ? Math.max(0, up) : 0,
      down: down > up ? Math.max(0, down) : 0,
    };
  });

/** Average true range of the newest candles, in quote currency. */
export const averageTrueRange = (bars: readonly Bar[]): number =>
  mean(moves(bars.slice(-averaged - 1)).map(({ range }) => range));

/** Average directional index, 0..100, with plain averages. */
export const trendStrength = (bars: readonly Bar[]): number => {
  const all = moves(bars.slice(-2 * averaged - 1));
  const indices = all.slice(averaged).map((_, i) => {
    const window = all.slice(i + 1, i + 1 + averaged);
    const [up, down] = [mean(window.map((move) => move.up)), mean(window.map((move) => move.down))];
    return up + down === 0 ? 0 : (100 * Math.abs(up - down)) / (up + down);
  });
  return mean(indices);
};

export const meanClose = (bars: readonly Bar[]): number => mean(bars.map(({ close }) => close));

export const closeDeviation = (bars: readonly Bar[]): number => {
  const middle = meanClose(bars);
  return Math.sqrt(mean(bars.map(({ close }) => (close - middle) ** 2)));
};

/** Distance of the last close from the mean of the last `lookback`, in deviations; 0 where nothing moved. */
export const zScore = (bars: readonly Bar[], lookback: number): number => {
  const window = bars.slice(-lookback);
  const deviation = closeDeviation(window);
  return deviation === 0 ? 0 : ((window.at(-1)?.close ?? Number.NaN) - meanClose(window)) / deviation;
};

export const logReturn = (bars: readonly Bar[]): number =>
  Math.log((bars.at(-1)?.close ?? Number.NaN) / (bars.at(-2)?.close ?? Number.NaN));

/** Deviation of the log returns of the last hour of candles. */
export const volatility = (bars: readonly Bar[]): number => {
  const returns = bars.slice(-60).map((_, i, window) => (i === 0 ? 0 : logReturn(window.slice(0, i + 1))));
  return Math.sqrt(mean(returns.slice(1).map((value) => value * value)));
};

/** Log of the last close over the volume-weighted average of the last hour of candles. */
export const vwapDistance = (bars: readonly Bar[]): number => {
  const window = bars.slice(-60);
  const volume = window.reduce((sum, bar) => sum + bar.volume, 0);
  const traded = window.reduce((sum, bar) => sum + bar.volume * bar.close, 0);
  return volume === 0 ? 0 : Math.log(((window.at(-1)?.close ?? Number.NaN) * volume) / traded);
};
