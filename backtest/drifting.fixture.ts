import type { CandleColumns } from '../features/candle-features.ts';
import { exp } from '../numerics/elementary.ts';
import { createRandom } from '../numerics/random.ts';

/** Hourly candles whose three volatility regimes drift together by a factor of four, up and down in 6,000 hours. */
export const driftingCandles = (count: number, seed: number): CandleColumns => {
  const random = createRandom(seed);
  const columns = Array.from({ length: 6 }, () => new Float64Array(count)) as [
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  const [openTimeMs, open, high, low, close, volume] = columns;
  let price = 100;
  let regime = 0;
  for (let t = 0; t < count; t++) {
    if (random.uniform() < 0.02) regime = random.integer(3);
    const drift = exp(0.7 * Math.sin((2 * Math.PI * t) / 6000));
    const deviation = [0.002, 0.005, 0.012][regime]! * drift;
    openTimeMs[t] = 1_600_000_000_000 - (1_600_000_000_000 % 3_600_000) + t * 3_600_000;
    open[t] = price;
    price *= exp(deviation * random.normal());
    close[t] = price;
    high[t] = Math.max(open[t]!, price) * exp(0.5 * deviation * Math.abs(random.normal()));
    low[t] = Math.min(open[t]!, price) * exp(-0.5 * deviation * Math.abs(random.normal()));
    volume[t] = 1000 * drift * exp(0.5 * regime + 0.3 * random.normal());
  }
  return { openTimeMs, open, high, low, close, volume };
};
