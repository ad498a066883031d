import { createRandom, type Random } from '../../numerics/random.ts';

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
const stepsPerMinute = 12;

export interface MarketOptions {
  readonly seed: number;
  /** Markets of one seed with different streams are independent. */
  readonly stream: number;
  readonly startPrice: number;
  /** Units traded in a calm minute. */
  readonly typicalVolume: number;
}

interface Mood {
  readonly regime: number;
  readonly logVolatility: number;
}

const nextMood = (random: Random, { regime, logVolatility }: Mood): Mood => {
  const another = (regime + 1 + random.integer(regimes.length - 1)) % regimes.length;
  return {
    regime: random.uniform() < switchPerMinute ? another : regime,
    logVolatility: clustering.persistence * logVolatility + clustering.noise * random.normal(),
  };
};

/** Busier when prices move: relative to a calm minute's volume. */
const relativeVolume = (random: Random, { logVolatility }: Mood, activity: number, shock: number): number =>
  activity * Math.exp(0.6 * logVolatility + 0.5 * random.normal()) * (0.6 + 0.4 * shock);

/**
 * An endless market, minute after minute: regimes that switch, returns with Student-t tails,
 * volatility that clusters, volume that goes along with it. The same options give the same minutes.
 */
export const minuteBars = function* (options: MarketOptions): Generator<MinuteBar, never> {
  const random = createRandom(options.seed, options.stream);
  const home = Math.log(options.startPrice);
  let mood: Mood = { regime: random.integer(regimes.length), logVolatility: 0 };
  let logPrice = home;
  while (true) {
    mood = nextMood(random, mood);
    const { drift, volatility, activity } = regimes[mood.regime] as (typeof regimes)[number];
    const shock = studentScale(random);
    const pull = pullPerMinute * (home - logPrice);
    const path = walk(random, logPrice, drift + pull, volatility * Math.exp(mood.logVolatility) * shock);
    logPrice = path.at(-1) as number;
    yield bar(path, options.typicalVolume * relativeVolume(random, mood, activity, shock));
  }
};

const walk = (random: Random, start: number, drift: number, volatility: number): number[] => {
  const path = [start];
  for (let step = 1; step <= stepsPerMinute; step++) {
    const move = drift / stepsPerMinute + (volatility / Math.sqrt(stepsPerMinute)) * random.normal();
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

/** What a standard normal is multiplied with to become Student-t with 4 degrees of freedom and variance 1. */
const studentScale = (random: Random): number => {
  const chiSquared4 = -2 * Math.log((1 - random.uniform()) * (1 - random.uniform()));
  return Math.sqrt(2 / chiSquared4);
};
