import { z } from '@hono/zod-openapi';
import type { VersionRow } from '../../ledger/version-rows.ts';
import { epochMs, modelProblem, promotionKind, trainingState } from '../answers.ts';
import type { RouteDeps } from '../app.ts';
import type { AddEndpoint } from '../endpoint.ts';
import { ApiError } from '../errors.ts';
import * as examples from '../examples/loop.ts';
import { pageOf, pageQuery, versionName } from '../fields.ts';
import { gateResult, versionMetadata } from './version-report.ts';

const read = {
  method: 'get',
  role: 'reader',
  rate: 'read',
  timeoutMs: 10_000,
  refusals: ['StorageUnavailable'],
} as const;

/** The cursor is the place in the ledger of the last version seen. */
const versionsQuery = pageQuery.extend({ cursor: z.coerce.number().int().min(0).optional() });

const metrics = z.record(z.string(), z.number().nullable());

const champion = z.object({
  fence: z.number().int(),
  versionId: z.string(),
  kind: promotionKind,
  previousVersionId: z.string().nullable(),
  actor: z.string(),
  reason: z.string(),
  requestId: z.string(),
  createdAt: epochMs,
  linkedAt: epochMs.nullable().openapi({ description: 'when `current` was seen to point to it' }),
});

const modelAnswer = z.object({
  active_version: z.string().nullable(),
  registry_size: z.number().int(),
  metrics,
  champion: champion.nullable().openapi({ description: 'the newest promotion: what serves by the ledger' }),
  predecessor: z
    .string()
    .nullable()
    .openapi({ description: 'what a rollback without `to` serves again; null: there is none' }),
  training: trainingState,
  problem: modelProblem.nullable(),
});

const versionRow = z.object({
  version_id: z.string(),
  created_at: epochMs,
  metrics,
  active: z.boolean(),
  parent_version_id: z.string().nullable(),
  n_states: z.number().int(),
  n_obs: z.number().int(),
  series: z.array(z.string()),
  gates: z.record(z.string(), z.string()).openapi({ description: 'by series: pass, refuse or insufficient' }),
  pruned_at: z
    .number()
    .nullable()
    .openapi({ description: 'epoch ms UTC; its files are gone: it cannot serve, its report cannot be read' }),
  tag: z.string().nullable(),
  awaiting_approval: z
    .boolean()
    .nullable()
    .openapi({ description: 'whether it waits for POST /model/approve; null: Temporal does not answer' }),
  rolled_back_at: epochMs
    .nullable()
    .openapi({ description: 'when a rollback took it out of service; null: none did, or it served again' }),
});

const versionReport = versionRow.extend({
  gate: z.record(z.string(), gateResult).openapi({ description: 'by series' }),
  model_hash: z.string().openapi({ description: 'sha256 of model.json' }),
  metadata: versionMetadata,
});

const metricsOf = (row: VersionRow | undefined) => (row ? { [row.metricName]: row.metricValue } : {});

/** `pass`, `refuse` or `insufficient` by series; the reasons are in the report. */
const decisionsOf = ({ gate }: VersionRow): Record<string, string> =>
  Object.fromEntries(
    Object.entries((gate ?? {}) as Record<string, { decision: string }>).map(([series, { decision }]) => [
      series,
      decision,
    ]),
  );

/** What is known of versions beside their rows. */
interface Standing {
  readonly active: string | undefined;
  /** Undefined where nobody can tell. */
  readonly awaited: { readonly versionId: string | undefined } | undefined;
  readonly rolledBack: ReadonlyMap<string, number>;
}

/** Versions are in the ledger: they are listed also while Temporal is away. */
const standingOf = async ({ models, training, ledger }: RouteDeps): Promise<Standing> => ({
  active: models.snapshot()?.versionId,
  awaited: await training.awaitingApproval().then(
    (versionId) => ({ versionId }),
    () => undefined,
  ),
  rolledBack: ledger.rolledBack(),
});

const present = (row: VersionRow, { active, awaited, rolledBack }: Standing) => ({
  version_id: row.versionId,
  created_at: row.createdAt,
  metrics: metricsOf(row),
  active: row.versionId === active,
  parent_version_id: row.parentVersionId,
  n_states: row.nStates,
  n_obs: row.nObs,
  series: row.series,
  gates: decisionsOf(row),
  pruned_at: row.prunedAt,
  tag: row.tag,
  awaiting_approval: awaited ? awaited.versionId === row.versionId : null,
  rolled_back_at: rolledBack.get(row.versionId) ?? null,
});

export const addModelRoutes = (add: AddEndpoint, deps: RouteDeps): void => {
  const { ledger, models, readVersion, loop } = deps;
  add(
    { ...read, path: '/model', summary: 'What serves', answer: modelAnswer, example: examples.model },
    () => {
      const active = models.snapshot()?.versionId;
      return {
        active_version: active ?? null,
        registry_size: ledger.versionCount(),
        metrics: metricsOf(active === undefined ? undefined : ledger.version(active)),
        champion: ledger.champion() ?? null,
        predecessor: ledger.predecessor() ?? null,
        training: loop.training(),
        problem: models.problem() ?? null,
      };
    },
  );

  add(
    {
      ...read,
      path: '/models',
      summary: 'Versions, newest first',
      query: versionsQuery,
      example: examples.models,
      answer: pageOf(versionRow),
    },
    async ({ query: { limit, cursor } }) => {
      // One more than asked for tells whether there is a next page.
      const rows = ledger.versions({ limit: limit + 1, ...(cursor === undefined ? {} : { before: cursor }) });
      const shown = rows.slice(0, limit);
      const standing = await standingOf(deps);
      return {
        data: shown.map((row) => present(row, standing)),
        page: { nextCursor: rows.length > limit ? String(shown.at(-1)?.seq) : null, limit },
      };
    },
  );

  add(
    {
      ...read,
      path: '/models/{version}',
      summary: 'The whole report of a version',
      params: z.object({ version: versionName }),
      refusals: [...read.refusals, 'UnknownVersion'],
      example: examples.oneVersion,
      answer: versionReport,
    },
    async ({ params: { version } }) => {
      const row = ledger.version(version);
      if (!row) throw new ApiError(404, 'UnknownVersion', `no version ${version}`);
      const { metadata, modelHash } = readVersion(version);
      return {
        ...present(row, await standingOf(deps)),
        gate: row.gate ?? {},
        model_hash: modelHash,
        metadata,
      };
    },
  );
};
