import { z } from '@hono/zod-openapi';
import { expectedDurations } from '../../hmm/forecast.ts';
import { fromParameters } from '../../hmm/model.ts';
import type { SeriesModel } from '../../registry/model-file.ts';
import { epochMs, promotionKind } from '../answers.ts';
import type { RouteDeps } from '../app.ts';
import type { AddEndpoint } from '../endpoint.ts';
import { ApiError } from '../errors.ts';
import * as examples from '../examples/loop.ts';
import { versionName } from '../fields.ts';

const read = { method: 'get', role: 'reader', rate: 'read', timeoutMs: 10_000 } as const;

const promotionRows = z.object({
  data: z.array(
    z.object({
      fence: z.number().int(),
      version_id: z.string(),
      kind: promotionKind,
      previous_version_id: z.string().nullable(),
      actor: z.string(),
      reason: z.string(),
      created_at: epochMs,
    }),
  ),
});

const transitionsAnswer = z.object({
  version_id: z.string(),
  series: z.record(
    z.string(),
    z.object({
      regimes: z
        .array(z.string())
        .openapi({ description: 'names of the states, in the order of the matrix' }),
      matrix: z.array(z.array(z.number())).openapi({ description: 'P(next state | state), rows sum to 1' }),
      expected_candles: z
        .array(z.number().nullable())
        .openapi({ description: 'how many candles a stay lasts; null: it is never left' }),
    }),
  ),
});

/** JSON has no infinity: a state that is never left lasts null candles. */
const transitionsOf = ({ hmm, regimes }: SeriesModel) => ({
  regimes,
  matrix: hmm.transitionMatrix,
  expected_candles: Array.from(expectedDurations(fromParameters(hmm)), (n) =>
    Number.isFinite(n) ? n : null,
  ),
});

/** What a person looks at before promoting. */
export const addModelReportRoutes = (add: AddEndpoint, { ledger, readVersion }: RouteDeps): void => {
  add(
    {
      ...read,
      path: '/models/{version}/transitions',
      answer: transitionsAnswer,
      summary: 'Transition matrix and expected stay of each regime, by series',
      params: z.object({ version: versionName }),
      refusals: ['UnknownVersion', 'StorageUnavailable'],
      example: examples.transitions,
    },
    ({ params: { version } }) => {
      if (!ledger.version(version)) throw new ApiError(404, 'UnknownVersion', `no version ${version}`);
      const { model } = readVersion(version);
      const series = Object.entries(model.series).map(([key, one]) => [key, transitionsOf(one)]);
      return { version_id: version, series: Object.fromEntries(series) as Record<string, unknown> };
    },
  );
  add(
    {
      ...read,
      path: '/promotions',
      answer: promotionRows,
      summary: 'Promotions and rollbacks, newest first',
      refusals: ['StorageUnavailable'],
      example: examples.promotions,
      query: z.object({ limit: z.coerce.number().int().min(1).max(500).default(50) }),
    },
    ({ query: { limit } }) => ({
      data: ledger.promotions({ limit }).map((row) => ({
        fence: row.fence,
        version_id: row.versionId,
        kind: row.kind,
        previous_version_id: row.previousVersionId,
        actor: row.actor,
        reason: row.reason,
        created_at: row.createdAt,
      })),
    }),
  );
};
