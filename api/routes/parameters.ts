import type { RouteDeps } from '../app.ts';
import type { AddEndpoint } from '../endpoint.ts';
import { openObject, strategyAndInstrument } from '../fields.ts';

const read = { method: 'get', role: 'reader', rate: 'read', timeoutMs: 10_000, answer: openObject } as const;

/** What is served where, and how the presets stand. */
export const addParameterRoutes = (add: AddEndpoint, { controller }: RouteDeps): void => {
  add(
    { ...read, path: '/strategies', summary: 'Strategies and instruments that were asked for' },
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
    },
    async ({ params }) => ({ data: await controller.overview(params) }),
  );
};
