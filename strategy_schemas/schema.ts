import { z } from 'zod';

const name = z
  .string()
  .regex(
    /^[a-z][a-z0-9_]{0,63}$/,
    'is written in lower case letters, digits and _, and starts with a letter',
  );
const finite = z.number();
const about = z.string().min(1);

const numberParam = z.strictObject({ type: z.enum(['number', 'integer']), min: finite, max: finite, about });
const choiceParam = z.strictObject({ type: z.literal('choice'), values: z.array(z.string()).min(1), about });
const booleanParam = z.strictObject({ type: z.literal('boolean'), about });
const param = z.discriminatedUnion('type', [numberParam, choiceParam, booleanParam]);

const feature = z.strictObject({
  name,
  /** Frozen: x = (value − mean) / scale, clipped. */
  mean: finite,
  scale: z.number().positive(),
  /** A decision without it is refused; otherwise a missing feature enters as 0, its mean. */
  required: z.boolean().default(false),
  about,
});

const algorithms = ['lin_ts', 'lin_ucb', 'epsilon_greedy', 'beta_ts', 'fixed'] as const;

const policy = z.strictObject({
  /** `fixed` serves the safe default: a baseline to compare with. */
  algorithm: z.enum(algorithms).default('lin_ts'),
  /** lin_ts: how widely the arms' scores are sampled, in posterior deviations. */
  v: z.number().min(0).max(10).default(0.25),
  /** lin_ucb: deviations that an arm is given the benefit of. */
  alpha: z.number().min(0).max(10).default(1),
  /** Share of uniform draws; absent means EPSILON. */
  epsilon: z.number().min(0).max(1).optional(),
  /** Learned outcomes after which one counts half; null means never, adaptive the speed that forecast best of late. */
  half_life_outcomes: z
    .union([z.number().positive(), z.literal('adaptive')])
    .nullable()
    .default(346),
  /** Serves the safe default and learns from it, while what it would have served is on record. */
  shadow: z.boolean().default(false),
});

/** What a preset is believed to earn before it was tried: `weight` pseudo-outcomes of `mean_reward`, in deviations. */
const warmStart = z.strictObject({
  mean_reward: z.number().min(-3).max(3),
  weight: z.number().min(0).max(50),
});

const minutes = z.number().positive().max(525_600);
const isTimeZone = (zone: string): boolean => {
  try {
    return Boolean(new Intl.DateTimeFormat('en', { timeZone: zone }));
  } catch {
    return false;
  }
};

const protections = z.strictObject({
  /** Shares of the peak equity: from max_share on a timed lock, from kill_share on the kill switch. */
  drawdown: z
    .strictObject({
      max_share: z.number().positive().max(1),
      lock_minutes: minutes,
      kill_share: z.number().positive().max(1).optional(),
    })
    .optional(),
  consecutive_losses: z.strictObject({ count: z.int().min(2).max(1000), lock_minutes: minutes }).optional(),
  /** Mean reward of the newest outcomes, in deviations. */
  low_profit: z
    .strictObject({
      outcomes: z.int().min(2).max(1000),
      min_mean: z.number().min(-3).max(3),
      lock_minutes: minutes,
    })
    .optional(),
  stale_market: z.strictObject({ max_candles: z.number().positive() }).optional(),
  stale_model: z
    .strictObject({
      max_age_hours: z.number().positive(),
      /** Whether no model at all locks as well: never, always, or of instruments whose candles are followed (SYMBOLS). */
      missing: z.union([z.boolean(), z.literal('followed')]).default(false),
    })
    .optional(),
});

const guardrails = z.strictObject({
  /** Advantage in deviations that a preset needs before it replaces the one that is served. */
  hysteresis_margin: z.number().min(0).max(10).default(0.2),
  min_dwell_minutes: z.number().min(0).max(525_600).default(0),
  /** Of a strategy on one instrument; null: no cap. */
  max_changes_per_day: z.int().min(0).nullable().default(null),
  /** Of a strategy over all its instruments. */
  max_changes_per_day_strategy: z.int().min(0).nullable().default(null),
  /** What a day is. */
  time_zone: z.string().refine(isTimeZone, 'is no IANA time zone').default('UTC'),
  protections: protections.prefault({}),
});

/** One strategy_schemas/<strategy>.yaml. */
export const strategySchema = z
  .strictObject({
    strategy: name,
    version: z.int().positive(),
    about,
    features: z.array(feature).max(63),
    params: z
      .record(name, param)
      .refine((params) => Object.keys(params).length > 0, 'holds at least one parameter'),
    policy: policy.prefault({}),
    warm_start: z.record(name, warmStart).default({}),
    guardrails: guardrails.prefault({}),
    safe_default: name,
    presets: z.record(name, z.record(z.string(), z.unknown())),
  })
  .superRefine(({ features, params, presets, safe_default, policy, warm_start }, context) => {
    const issue = (message: string, path: PropertyKey[]) =>
      context.addIssue({ code: 'custom', message, path });
    features.forEach((one, at) => {
      if (features.findIndex((other) => other.name === one.name) < at)
        issue('is listed twice', ['features', at, 'name']);
    });
    for (const [key, one] of Object.entries(params)) {
      if ('min' in one && one.min > one.max)
        issue(`has min ${one.min} above max ${one.max}`, ['params', key]);
    }
    if (policy.algorithm === 'beta_ts' && features.length > 0)
      issue('is beta_ts, which weighs no features: list none', ['policy', 'algorithm']);
    for (const preset of Object.keys(warm_start)) {
      if (!Object.hasOwn(presets, preset)) issue('is none of the presets', ['warm_start', preset]);
    }
    if (!Object.hasOwn(presets, safe_default)) {
      issue(`is "${safe_default}"; allowed are the presets ${Object.keys(presets).join(', ')}`, [
        'safe_default',
      ]);
    }
  });

export type StrategySchema = z.infer<typeof strategySchema>;
export type Algorithm = (typeof algorithms)[number];
export type Guardrails = StrategySchema['guardrails'];
export type ParamSpec = z.infer<typeof param>;
/** A preset's parameters; what the engine gets. */
export type Params = Readonly<Record<string, unknown>>;
