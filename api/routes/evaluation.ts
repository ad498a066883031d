import { z } from '@hono/zod-openapi';
import type { RouteDeps } from '../app.ts';
import type { AddEndpoint } from '../endpoint.ts';
import * as examples from '../examples/operators.ts';
import { instrumentName, openObject, reasonText, strategyAndInstrument, strategyName } from '../fields.ts';
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
      answer: openObject,
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
      answer: openObject,
    },
    ({ params, body, principal }) => controller.openWindow({ ...params, ...body, actor: principal.subject }),
  );
};
