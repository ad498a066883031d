import { z } from 'zod';
import type { HmmParameters } from '../hmm/model.ts';
import type { OnlineConfig } from '../hmm/online/config.ts';
import { readOnlineState } from '../hmm/online/read-state.ts';
import type { OnlineState } from '../hmm/online/state.ts';
import type { HeadsFile } from './head-file.ts';
import { labels } from './model-schema.ts';

const numbers = z.array(z.number());
const time = z.int();
const range = z.strictObject({ fromMs: time, toMs: time });

/** Its shapes follow from K and D, so they are checked below, by what will use them. */
const online = z.strictObject({
  schema: z.literal('autotrain-online/1'),
  config: z.custom<OnlineConfig>((value) => typeof value === 'object' && value !== null),
  configHash: z.string(),
  firstBar: z.int(),
  lastBar: z.int(),
  absorbed: z.int().min(0),
  blocks: z.int().min(0),
  repairs: z.int().min(0),
  floored: z.int().min(0),
  model: z.custom<HmmParameters>((value) => typeof value === 'object' && value !== null),
  filter: numbers,
  pending: z.strictObject({
    before: numbers.nullable(),
    beforeBar: z.int(),
    bars: z.array(z.int()),
    rows: numbers,
  }),
  statistics: z.strictObject({
    centre: numbers,
    start: numbers,
    transitions: numbers,
    weight: numbers,
    sums: numbers,
    products: numbers,
  }),
  ground: z.strictObject({ centre: numbers, pooled: numbers }),
});

/** Throws, saying what is wrong. */
const isUsable = (state: OnlineState): boolean => readOnlineState(state) === state;

const withoutThrowing =
  <T>(check: (value: T) => boolean) =>
  (value: T): boolean => {
    try {
      return check(value);
    } catch {
      return false;
    }
  };

const tail = z
  .strictObject({
    openTimeMs: z.array(time).min(1),
    open: numbers,
    high: numbers,
    low: numbers,
    close: numbers,
    volume: numbers,
  })
  .refine((columns) => new Set(Object.values(columns).map(({ length }) => length)).size === 1, 'is ragged');

const areAscending = (ranges: readonly { fromMs: number; toMs: number }[]): boolean =>
  ranges.every(({ fromMs, toMs }, i) => fromMs <= toMs && (i === 0 || ranges[i - 1]!.toMs < fromMs));

const scoreSum = z.strictObject({
  fromMs: time,
  toMs: time,
  candles: z.int().positive(),
  sum: z.number(),
});

const pool = z.strictObject({
  members: z.array(z.string().min(1)).min(1),
  timeoutBars: z.int().min(0),
  round: z.int().min(0),
  delivered: z.int(),
});

const head = z.strictObject({
  schema: z.literal('autotrain-head/1'),
  lineage: z.string().min(1),
  series: z.string().min(1),
  featureSet: z.literal('candles-4/1'),
  timeframeMs: z.int().positive(),
  scaler: z.strictObject({ mean: numbers, scale: z.array(z.number().positive()) }),
  regimes: z.array(z.string().min(1)),
  labels: labels.exactOptional(),
  genesisRows: z.int().positive(),
  online: online.refine(withoutThrowing(isUsable), 'is not a usable state'),
  pool: pool.exactOptional(),
  tail,
  trainedRanges: z.array(range).min(1).refine(areAscending, 'overlap or do not ascend'),
  prequential: scoreSum.nullable(),
});

const comparison = z.strictObject({
  championHash: z.string(),
  filter: numbers,
  lastMs: time,
  fromMs: time.nullable(),
  candles: z.int().min(0),
  headSum: z.number(),
  championSum: z.number(),
  blockLength: z.int().positive(),
  blocks: numbers,
  open: z.strictObject({ candles: z.int().min(0), sum: z.number() }),
});

/** heads.json as it must be: shapes that fit the model, a model that holds its constraints, nothing unknown. */
export const headsFileSchema = z.strictObject({
  schema: z.literal('autotrain-heads/1'),
  series: z.record(z.string(), z.strictObject({ head, comparison: comparison.exactOptional() })),
}) satisfies z.ZodType<HeadsFile>;
