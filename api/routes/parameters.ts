import { z } from '@hono/zod-openapi';
import { epochMs } from '../answers.ts';
import type { RouteDeps } from '../app.ts';
import type { AddEndpoint } from '../endpoint.ts';
import * as examples from '../examples/engine.ts';
import { strategyAndInstrument } from '../fields.ts';
import { ofController } from '../refusals.ts';

const scopeRows = z.object({
  data: z.array(
    z.object({
      strategy: z.string(),
      instrument: z.string(),
      outcomes: z.number().int(),
      pinned_preset: z.string().nullable(),
    }),
  ),
});

const standing = z.object({
  preset_id: z.string(),
  mean: z.number(),
  low: z.number(),
  high: z.number(),
  outcomes: z.number().int(),
  reward: z.number(),
  share: z.number(),
});

const overviewAnswer = z.object({
  data: z
    .object({
      strategy: z.string(),
      instrument: z.string(),
      policy_version: z.string().nullable(),
      pinned_preset: z.string().nullable(),
      served: z.object({ preset_id: z.string(), since: epochMs, changes_today: z.number().int() }).nullable(),
      decisions_shared: z
        .number()
        .int()
        .openapi({ description: 'the newest decisions, which shares are of' }),
      presets: z.array(standing),
    })
    .nullable(),
});

const read = {
  method: 'get',
  role: 'reader',
  rate: 'read',
  timeoutMs: 10_000,
  refusals: [...ofController],
} as const;

/** What is served where, and how the presets stand. */
export const addParameterRoutes = (add: AddEndpoint, { controller }: RouteDeps): void => {
  add(
    {
      ...read,
      path: '/strategies',
      answer: scopeRows,
      summary: 'Strategies and instruments that were asked for',
      example: examples.strategies,
    },
    async () => ({
      data: await controller.scopes(),
    }),
  );
  add(
    {
      ...read,
      path: '/overview/{strategy}/{instrument}',
      answer: overviewAnswer,
      summary: 'Posterior mean and interval, share of decisions and reward of each preset',
      params: strategyAndInstrument,
      example: examples.overview,
    },
    async ({ params }) => ({ data: await controller.overview(params) }),
  );
};
