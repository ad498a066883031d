import { z } from '@hono/zod-openapi';
import { epochMs, figure } from '../answers.ts';

const range = z
  .object({ fromMs: epochMs, toMs: epochMs })
  .openapi({ description: 'open times of the first and the last candle, epoch ms UTC' });

const paired = z
  .object({
    ...{ n: z.number().int(), difference: figure, lower: figure, upper: figure },
    ...{ alpha: z.number(), look: z.number().int(), candidate: figure, champion: figure },
  })
  .openapi({
    description:
      'on the same n later candles: means in nats per candle, the difference and its bounds; look: which comparison with this champion it was, alpha: what it could spend',
  });

/** What decided whether a series' model was good enough. */
export const gateResult = z.object({
  decision: z.enum(['pass', 'refuse', 'insufficient']),
  reason: z.string(),
  checks: z.array(z.object({ name: z.string(), pass: z.boolean(), value: figure, limit: figure })),
  paired: paired.optional(),
});

const interval = z
  .object({
    ...{ mean: figure, lower: figure, upper: figure, standardError: figure },
    blockLength: z.number(),
  })
  .openapi({ description: 'nats per candle, 95 % by stationary bootstrap; blockLength in candles' });

const means = { joint: figure, margin: figure };

const rival = z.object({
  ...means,
  gain: z
    .object({ joint: interval.nullable(), margin: interval })
    .openapi({ description: 'what the model gains over it' }),
});

const judgement = z.object({
  candles: z.number().int().openapi({ description: 'later candles that all were scored on' }),
  model: z.object(means).openapi({
    description:
      'one-step predictive log-likelihood: of all features, and of the log return alone; nats per candle',
  }),
  rivals: z
    .record(z.string(), rival)
    .openapi({ description: 'oneState, iidMixture, ewma, garch, and previous: the champion of then' }),
  regimeEvidence: z.object({ joint: z.boolean(), returns: z.boolean() }),
  calibration: z.object({ ksDistance: figure, histogram: z.array(z.number()) }),
});

const byState = z.array(figure);

const quality = z.object({
  lookAhead: z.object({ meanDistance: figure, disagreement: figure }),
  occupancy: z.object({ filtered: byState, stationary: byState }),
  dwell: z.object({ expected: byState, realised: byState }).openapi({ description: 'candles, by state' }),
  switchesPerThousand: figure,
  separation: z.object({ hellinger: figure, entropy: figure }),
});

const specification = z.object({
  ...{ nStates: z.number().int(), covarianceType: z.string(), emission: z.string() },
});

const candidate = z.object({
  ...{ nStates: z.number().int(), parameters: z.number().int(), mean: figure },
  ...{ shortfall: figure, standardError: figure, bicPerRow: figure },
});

const selection = z
  .object({
    ...{ chosen: specification, best: specification, byBic: specification },
    ...{ candles: z.number().int(), folds: z.number().int(), candidates: z.array(candidate) },
  })
  .openapi({ description: 'HMM_STATES=auto: how the number of states was chosen' });

const evaluation = z.object({ selection: selection.optional(), judgement, quality });

const bySeries = <T extends z.ZodType>(one: T) => z.record(z.string(), one);

const candles = z.number().int();
const counts = {
  ...{ trained: candles, corrected_late: candles, skipped_late: candles },
  ...{ duplicate: candles, removed: candles },
};

/** Of sliding mode the claimed ones alone. */
const dispositions = z
  .object({ ...counts, series: bySeries(z.object(counts)) })
  .partial()
  .extend({ claimed: candles });

const lineage = z.object({
  lineage: z.string(),
  parent_version: z.string().nullable(),
  head_hash: z.string(),
  trained_ranges: z.array(range),
  prequential: z.object({ candles: z.number().int(), mean_log_likelihood: figure }).nullable(),
  compared_candles: z.number().int(),
});

const file = z.object({
  ...{ fileId: z.string(), sha256: z.string(), path: z.string(), tStart: epochMs, tEnd: epochMs },
});

const inputs = z
  .object({
    mode: z.enum(['strict', 'sliding']),
    pooled: z.literal(true).optional(),
    timeframe_ms: z.number().int(),
    n_states: z.union([z.number().int(), z.literal('auto')]),
    ensemble: z.array(z.number().int()).optional(),
    covariance_type: z.enum(['diag', 'full']),
    seed: z.number().int(),
    min_points: z.number().int().optional(),
    gate: z.object({
      ...{ minCandles: z.number().int(), minDelta: z.number(), alpha: z.number(), look: z.number().int() },
    }),
    champion: z.string().nullable(),
    lineage: z.string().optional(),
    head: z.string().nullable().optional(),
    runs: z.array(range),
    months: z.array(z.object({ month: z.string(), candles: z.number().int(), sha256: z.string() })),
    files: z.array(file),
  })
  .openapi({
    description: 'all that the training followed from: what `autotrain reproduce` trains again from',
  });

/** metadata.json. Versions of earlier releases lack what was added since, and later ones may have more. */
export const versionMetadata = z
  .looseObject({
    version_id: z.string(),
    created_at: z.string().openapi({ description: 'start of the run, ISO 8601 UTC' }),
    parent_version: z.string().nullable(),
    metric_name: z.string(),
    metric_value: figure.openapi({ description: 'nats per candle, over all trained series' }),
    trained_series: z.array(z.string()),
    gates: bySeries(gateResult),
    kept_series: z
      .array(z.object({ series: z.string(), type: z.string(), reason: z.string() }))
      .openapi({ description: "series that hold the parent's model, or none: why" }),
    trained_ranges: bySeries(range),
    n_obs: z.number().int().openapi({ description: 'complete feature rows' }),
    n_states: z.number().int(),
    train_seed: z.number().int(),
    feature_set: z.string(),
    claimed_files: z.number().int(),
    file_ids: z.array(z.string()),
    dispositions: dispositions.openapi({
      description: 'claimed candles by what became of them',
    }),
    lineages: bySeries(lineage),
    inputs: bySeries(inputs),
    evaluation: bySeries(evaluation).openapi({
      description: 'the model against baselines on candles that neither was fitted on, and its regimes',
    }),
    warnings: bySeries(z.array(z.string())),
    data_hash: z.string(),
    code_version: z.string(),
    node_version: z.string(),
    tag: z.string().nullable(),
    message: z.string(),
    timings: bySeries(z.record(z.string(), z.number())).openapi({ description: 'ms' }),
    model_hash: z.string(),
    heads_hash: z.string(),
    metadata_hash: z.string(),
  })
  .partial();
