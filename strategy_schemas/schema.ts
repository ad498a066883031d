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

const policy = z.strictObject({
  /** How widely the arms' scores are sampled, in posterior deviations. */
  v: z.number().min(0).max(10).default(0.25),
  /** Learned outcomes after which an outcome counts half; absent means the default, null means never. */
  half_life_outcomes: z.number().positive().nullable().default(346),
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
    safe_default: name,
    presets: z.record(name, z.record(z.string(), z.unknown())),
  })
  .superRefine(({ features, params, presets, safe_default }, context) => {
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
    if (!Object.hasOwn(presets, safe_default)) {
      issue(`is "${safe_default}"; allowed are the presets ${Object.keys(presets).join(', ')}`, [
        'safe_default',
      ]);
    }
  });

export type StrategySchema = z.infer<typeof strategySchema>;
export type ParamSpec = z.infer<typeof param>;
/** A preset's parameters; what the engine gets. */
export type Params = Readonly<Record<string, unknown>>;
