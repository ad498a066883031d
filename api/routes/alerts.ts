import { z } from '@hono/zod-openapi';
import type { RouteDeps } from '../app.ts';
import type { AddEndpoint } from '../endpoint.ts';
import * as examples from '../examples/operators.ts';
import { pageOf, pageQuery } from '../fields.ts';
import { pageAnswer } from '../pages.ts';

const alertsQuery = pageQuery.extend({ cursor: z.coerce.number().int().min(0).optional() });

/** What people were told, or are going to be. */
export const addAlertRoutes = (add: AddEndpoint, { ledger }: RouteDeps): void => {
  add(
    {
      ...{ method: 'get', path: '/alerts', role: 'reader', rate: 'read', timeoutMs: 10_000 },
      summary: 'Alerts and whether they were delivered, newest first',
      query: alertsQuery,
      refusals: ['StorageUnavailable'],
      example: examples.alerts,
      answer: pageOf(z.looseObject({ seq: z.number().int() })),
    },
    ({ query: { limit, cursor } }) =>
      pageAnswer(ledger.alerts({ limit, ...(cursor === undefined ? {} : { before: cursor }) }), limit),
  );
};
