import { z } from '@hono/zod-openapi';
import type { CandleColumns } from '../../features/candle-features.ts';
import type { RouteDeps } from '../app.ts';
import type { AddEndpoint } from '../endpoint.ts';
import * as examples from '../examples/engine.ts';
import { featureMap, symbolName } from '../fields.ts';
import type { PredictInput } from '../predict.ts';

const maxRows = 10_000;

/** Exchanges write decimals as text, clients mostly as numbers. */
const decimal = z.union([
  z.number(),
  z
    .string()
    .regex(/^-?\d+(\.\d+)?$/, 'a decimal number')
    .transform(Number),
]);
const price = decimal.refine((value) => value > 0, 'a price is above 0');
const volume = decimal.refine((value) => value >= 0, 'a volume is not negative');
const openTimeMs = z.number().int().min(0);

const candleArray = z
  .tuple([openTimeMs, price, price, price, price, volume])
  .transform(([time, open, high, low, close, vol]) => ({ time, open, high, low, close, volume: vol }));

const candleObject = z
  .object({ timestamp: openTimeMs, open: price, high: price, low: price, close: price, volume })
  .transform(({ timestamp, ...rest }) => ({ time: timestamp, ...rest }));

const candle = z
  .union([candleArray, candleObject])
  .refine(
    ({ open, high, low, close }) => high >= Math.max(open, close, low) && low <= Math.min(open, close),
    {
      message: 'high and low do not enclose open and close',
    },
  );

type ParsedCandle = z.infer<typeof candle>;

const ascending = (candles: readonly { time: number }[]) =>
  candles.every(({ time }, i) => i === 0 || time > candles[i - 1]!.time);

const predictBody = z
  .object({
    symbol: symbolName.nullish(),
    candles: z.array(candle).min(1).max(maxRows).refine(ascending, 'times do not ascend').nullish(),
    logret: z.array(z.number()).min(1).max(maxRows).nullish(),
    features: featureMap.nullish(),
  })
  .refine(
    ({ candles, logret, features }) =>
      [candles, logret, features].filter((given) => given != null).length <= 1,
    'give one of candles, logret, features',
  );

const modelMeta = z.object({
  version_id: z.string(),
  series: z.string(),
  n_states: z.number().int(),
  as_of_ms: z.number().nullable(),
  trained_to_ms: z.number(),
  features_used: z.array(z.string()),
  features_marginalised: z.array(z.string()),
  features_ignored: z.array(z.string()),
  regime_ids: z
    .record(z.string(), z.number().int())
    .optional()
    .openapi({ description: 'stays with a state over retrains, while its name may change' }),
  regimes_fresh: z
    .array(z.string())
    .optional()
    .openapi({ description: 'that the version before did not know' }),
  regimes_renamed: z.array(z.string()).optional().openapi({ description: 'known ones under a new name' }),
});

const predictAnswer = z.object({
  regime_proba: z.record(z.string(), z.number()),
  probs: z.record(z.string(), z.number()).openapi({ description: 'the same as regime_proba' }),
  regime: z.string(),
  confidence: z.number(),
  forecast: z.record(z.string(), z.number()).openapi({ description: 'P(regime of the next candle)' }),
  model_meta: modelMeta,
});

const columnsOf = (candles: readonly ParsedCandle[]): CandleColumns => {
  const column = (name: keyof ParsedCandle) => Float64Array.from(candles, (row) => row[name]);
  return {
    openTimeMs: column('time'),
    open: column('open'),
    high: column('high'),
    low: column('low'),
    close: column('close'),
    volume: column('volume'),
  };
};

const inputOf = ({ candles, logret, features }: z.infer<typeof predictBody>): PredictInput => {
  if (candles) return { kind: 'candles', columns: columnsOf(candles) };
  if (logret) return { kind: 'logret', logret };
  if (features) return { kind: 'features', features };
  return { kind: 'symbol' };
};

export const addPredictRoute = (add: AddEndpoint, { predict }: RouteDeps): void => {
  add(
    {
      method: 'post',
      path: '/predict',
      summary: 'Filtered regime probabilities: of the newest stored candles, or of what the body gives',
      role: 'engine',
      rate: 'engine',
      timeoutMs: 5_000,
      body: predictBody,
      refusals: ['UnknownSymbol', 'NothingUsable', 'NoModel', 'NoCandles', 'StorageUnavailable'],
      example: examples.predict,
      answer: predictAnswer,
    },
    ({ body }) => predict(inputOf(body), body.symbol ?? undefined),
  );
};
