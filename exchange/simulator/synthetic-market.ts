import { normal, randomStream, studentScale } from './random.ts';

/** Numbers of one minute: open, high, low, close, volume. */
export type MinuteBar = readonly [open: number, high: number, low: number, close: number, volume: number];

/** Per minute: drift and volatility of the log price, and how busy trading is. */
const regimes = [
  { drift: 2.5e-5, volatility: 3.5e-4, activity: 1.0 },
  { drift: -4.5e-5, volatility: 8e-4, activity: 1.8 },
  { drift: 0, volatility: 1.6e-4, activity: 0.5 },
  { drift: 6e-5, volatility: 1.1e-3, activity: 2.6 },
] as const;

/** A regime lasts six hours on average. */
const switchPerMinute = 1 / 360;
/** Log volatility around its regime's level: how much of it stays for the next minute, and what is added. */
const clustering = { persistence: 0.97, noise: 0.09 } as const;
/** A weak pull to the starting price keeps an endless walk in a plausible range. */
const pullPerMinute = 2e-5;
const stepsPerMinute = 6;

export interface MarketOptions {
  readonly seed: string;
  readonly startPrice: number;
  /** Units traded in a calm minute. */
  readonly typicalVolume: number;
}

/**
 * An endless market, minute after minute: regimes that switch, returns with Student-t tails,
 * volatility that clusters, volume that goes along with it. The same options give the same minutes.
 */
export const minuteBars = function* ({
  seed,
  startPrice,
  typicalVolume,
}: MarketOptions): Generator<MinuteBar> {
  const random = randomStream(seed);
  let regime = Math.floor(random() * regimes.length);
  let logVolatility = 0;
  let logPrice = Math.log(startPrice);
  while (true) {
    if (random() < switchPerMinute)
      regime = (regime + 1 + Math.floor(random() * (regimes.length - 1))) % regimes.length;
    logVolatility = clustering.persistence * logVolatility + clustering.noise * normal(random);
    const { drift, volatility, activity } = regimes[regime] as (typeof regimes)[number];
    const shock = studentScale(random);
    const pull = pullPerMinute * (Math.log(startPrice) - logPrice);
    const path = walk(random, logPrice, drift + pull, volatility * Math.exp(logVolatility) * shock);
    logPrice = path.at(-1) as number;
    const volume =
      typicalVolume * activity * Math.exp(0.6 * logVolatility + 0.5 * normal(random)) * (0.6 + 0.4 * shock);
    yield bar(path, volume);
  }
};

const walk = (random: () => number, start: number, drift: number, volatility: number): number[] => {
  const path = [start];
  for (let step = 1; step <= stepsPerMinute; step++) {
    const move = drift / stepsPerMinute + (volatility / Math.sqrt(stepsPerMinute)) * normal(random);
    path.push((path[step - 1] as number) + move);
  }
  return path;
};

const bar = (path: readonly number[], volume: number): MinuteBar => [
  Math.exp(path[0] as number),
  Math.exp(Math.max(...path)),
  Math.exp(Math.min(...path)),
  Math.exp(path.at(-1) as number),
  volume,
];
