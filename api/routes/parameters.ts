import type { RouteDeps } from '../app.ts';
import type { AddEndpoint } from '../endpoint.ts';
import * as examples from '../examples/engine.ts';
import { openObject, strategyAndInstrument } from '../fields.ts';
import { ofController } from '../refusals.ts';

const read = {
  method: 'get',
  role: 'reader',
  rate: 'read',
  timeoutMs: 10_000,
  answer: openObject,
  refusals: [...ofController],
} as const;

/** What is served where, and how the presets stand. */
export const addParameterRoutes = (add: AddEndpoint, { controller }: RouteDeps): void => {
  add(
    {
      ...read,
      path: '/strategies',
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
      summary: 'Posterior mean and interval, share of decisions and reward of each preset',
      params: strategyAndInstrument,
      example: examples.overview,
    },
    async ({ params }) => ({ data: await controller.overview(params) }),
  );
};
