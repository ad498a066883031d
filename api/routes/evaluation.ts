import { z } from '@hono/zod-openapi';
import { epochMs, figure } from '../answers.ts';
import type { RouteDeps } from '../app.ts';
import type { AddEndpoint } from '../endpoint.ts';
import * as examples from '../examples/operators.ts';
import { instrumentName, reasonText, strategyAndInstrument, strategyName } from '../fields.ts';
import { ofController } from '../refusals.ts';

const dayMs = 86_400_000;

const evaluationQuery = z.object({
  strategy: strategyName,
  instrument: instrumentName,
  days: z.coerce.number().positive().max(3650).default(30),
  to: z.coerce.number().int().positive().optional().openapi({ description: 'epoch ms; now by default' }),
});

const windowBody = z.object({
  epsilon: z.number().min(0).max(1).default(0.1),
  hours: z.number().positive().max(8760).default(168),
  reason: reasonText,
});

const estimate = z.object({ value: figure, standardError: figure, low: figure, high: figure }).openapi({
  description: 'reward per rewarded decision in deviations, its standard error and 95 % interval',
});

const presetValue = z.object({
  ...{ ips: estimate, snips: estimate, dm: estimate, dr: estimate },
  effectiveSampleSize: z.number(),
  decisions: z.number().int(),
});

const presetValues = z.record(z.string(), presetValue.nullable()).openapi({
  description: 'had it been served always; null: no judged decision served it, nothing is known',
});

const champion = z
  .string()
  .nullable()
  .openapi({ description: 'the preset with the highest DR value; null: cannot be told' });

const judgedCount = z.number().int().openapi({
  description: 'free ones that earned and in which every preset had a chance; all values are of these',
});

const scope = { strategy: z.string(), instrument: z.string() };

const evaluationAnswer = z.object({
  ...scope,
  from: epochMs,
  to: epochMs.openapi({ description: 'epoch ms UTC, exclusive' }),
  days: z.number(),
  decisions: judgedCount,
  left_out: z.object({
    forced: z.number().int().openapi({ description: 'by a kill, a lock, a pin or shadow mode' }),
    unrewarded: z.number().int().openapi({ description: 'earned nothing yet, or void' }),
    no_support: z
      .number()
      .int()
      .openapi({ description: 'a preset had no chance: held by a guardrail, or not there yet' }),
  }),
  epsilon: z.number().openapi({ description: 'the largest that they were drawn with' }),
  logged: figure.openapi({ description: 'mean reward of what was really served, in deviations' }),
  champion,
  presets: presetValues,
  halves: z
    .array(z.object({ from: epochMs, to: epochMs, decisions: judgedCount, champion, presets: presetValues }))
    .openapi({ description: 'the earlier and the later half of the window: prunable follows from both' }),
  prunable: z.array(z.string()).openapi({ description: 'presets that a person may retire' }),
});

const windowAnswer = z.object({ ...scope, epsilon: z.number(), from: epochMs, until: epochMs });

/** What presets would have earned, by the decisions that were served. */
export const addEvaluationRoutes = (add: AddEndpoint, { controller }: RouteDeps): void => {
  add(
    {
      method: 'get',
      path: '/evaluation',
      summary: 'Off-policy value of each preset (IPS, SNIPS, DM, DR) with intervals; which may be retired',
      role: 'reader',
      rate: 'work',
      timeoutMs: 60_000,
      query: evaluationQuery,
      refusals: [...ofController, 'UnknownPreset'],
      example: examples.evaluation,
      answer: evaluationAnswer,
    },
    ({ query: { days, to = Date.now(), ...scope } }) =>
      controller.evaluation({ ...scope, from: to - days * dayMs, to }),
  );
  add(
    {
      method: 'post',
      path: '/evaluation/window/{strategy}/{instrument}',
      summary: 'Raises epsilon for some hours, so that presets can be judged',
      role: 'trainer',
      rate: 'engine',
      timeoutMs: 5_000,
      params: strategyAndInstrument,
      body: windowBody,
      refusals: [...ofController, 'UnknownPreset', 'Conflict'],
      example: examples.openWindow,
      answer: windowAnswer,
    },
    ({ params, body, principal }) => controller.openWindow({ ...params, ...body, actor: principal.subject }),
  );
};
