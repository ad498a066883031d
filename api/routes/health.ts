import { z } from '@hono/zod-openapi';
import { isLedgerError } from '../../ledger/errors.ts';
import { seriesKey } from '../../series.ts';
import { epochMs, modelProblem, trainingState } from '../answers.ts';
import type { RouteDeps } from '../app.ts';
import type { AddEndpoint } from '../endpoint.ts';
import { ApiError } from '../errors.ts';
import * as examples from '../examples/loop.ts';

const problem = z.object({
  kind: z.string(),
  severity: z.enum(['info', 'warning', 'critical']),
  subject: z.string(),
  message: z.string(),
  detail: z.unknown().optional().openapi({ description: 'figures, by kind' }),
});

const healthAnswer = z.object({
  status: z.literal('ok'),
  series: z.array(z.string()),
  model: z.object({
    version_id: z.string().nullable(),
    loaded_at_ms: epochMs.nullable(),
    problem: modelProblem.nullable(),
  }),
  training: trainingState.nullable(),
  problems: z.array(problem),
  strategy_schemas: z.object({ problem: z.string().nullable() }),
});

const quick = { role: 'open', rate: 'read', timeoutMs: 5_000 } as const;

/** The process lives also when the ledger does not answer. */
const reading = <T>(ask: () => T): T | null => {
  try {
    return ask();
  } catch (error) {
    if (isLedgerError(error)) return null;
    throw error;
  }
};

const unreadable = {
  ...{ kind: 'ledger_unreadable', severity: 'critical', subject: 'ledger' },
  message: 'the ledger cannot be read: look at the disk and the rights of LEDGER_DB',
};

/** Whether the process lives, and whether it can serve. */
export const addHealthRoutes = (
  add: AddEndpoint,
  { models, ledger, training, settings, schemaProblem, loop }: RouteDeps,
): void => {
  add(
    {
      ...quick,
      method: 'get',
      path: '/health',
      summary: 'The process lives; what it serves',
      example: examples.health,
      answer: healthAnswer,
    },
    () => {
      const snapshot = models.snapshot();
      return {
        status: 'ok',
        series: settings.series.map(seriesKey),
        model: {
          version_id: snapshot?.versionId ?? null,
          loaded_at_ms: snapshot?.loadedAtMs ?? null,
          problem: models.problem() ?? null,
        },
        training: reading(() => loop.training()),
        problems: reading(() => loop.problems()) ?? [unreadable],
        strategy_schemas: { problem: schemaProblem?.() ?? null },
      };
    },
  );

  add(
    {
      ...quick,
      method: 'get',
      path: '/ready',
      summary: '503 until databases and a model are there',
      refusals: ['NotReady', 'StorageUnavailable'],
      example: examples.ready,
      answer: z.object({ status: z.literal('ready'), temporal: z.boolean() }),
    },
    async () => {
      // Throws where the ledger cannot be read.
      ledger.versionCount();
      if (!models.snapshot()) {
        throw new ApiError(503, 'NotReady', 'no model is loaded yet: ingest and train first');
      }
      // Serving goes on without Temporal, so it is told but does not decide.
      return { status: 'ready', temporal: await training.healthy() };
    },
  );
};
