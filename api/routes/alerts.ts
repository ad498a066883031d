import { z } from '@hono/zod-openapi';
import { epochMs } from '../answers.ts';
import type { RouteDeps } from '../app.ts';
import type { AddEndpoint } from '../endpoint.ts';
import * as examples from '../examples/operators.ts';
import { pageOf, pageQuery } from '../fields.ts';
import { pageAnswer } from '../pages.ts';

const alertsQuery = pageQuery.extend({ cursor: z.coerce.number().int().min(0).optional() });

const alertRow = z.object({
  seq: z.number().int(),
  alertId: z.string().openapi({ description: 'the same in every delivery of it' }),
  kind: z.string(),
  severity: z.enum(['info', 'warning', 'critical']),
  status: z.enum(['event', 'firing', 'resolved']),
  subject: z.string().openapi({ description: 'a version, a series, a workflow, a folder' }),
  message: z.string(),
  detail: z.unknown().openapi({ description: 'by kind' }),
  count: z.number().int().openapi({ description: 'events that came while it waited to be posted' }),
  workflowId: z.string().nullable(),
  runId: z.string().nullable(),
  createdAt: epochMs,
  attempts: z.number().int().openapi({ description: 'deliveries that failed' }),
  nextAttemptAt: epochMs,
  lastError: z.string().nullable(),
  settledAt: epochMs.nullable(),
  outcome: z.enum(['delivered', 'given_up', 'expired']).nullable(),
});

/** What people were told, or are going to be. */
export const addAlertRoutes = (add: AddEndpoint, { ledger }: RouteDeps): void => {
  add(
    {
      ...{ method: 'get', path: '/alerts', role: 'reader', rate: 'read', timeoutMs: 10_000 },
      summary: 'Alerts and whether they were delivered, newest first',
      query: alertsQuery,
      refusals: ['StorageUnavailable'],
      example: examples.alerts,
      answer: pageOf(alertRow),
    },
    ({ query: { limit, cursor } }) =>
      pageAnswer(ledger.alerts({ limit, ...(cursor === undefined ? {} : { before: cursor }) }), limit),
  );
};
