import { randomUUID } from 'node:crypto';
import { z } from '@hono/zod-openapi';
import { mostToldGaps } from '../../temporal/told-gaps.ts';
import { epochMs, promotionKind } from '../answers.ts';
import type { RouteDeps } from '../app.ts';
import type { AddEndpoint, Call } from '../endpoint.ts';
import { ApiError } from '../errors.ts';
import * as examples from '../examples/loop.ts';
import { flag, tagName, versionName } from '../fields.ts';
import { defined } from '../pages.ts';
import { ofTemporal } from '../refusals.ts';
import type { DecisionRequest } from '../training.ts';
import { idempotencyKey } from './param.ts';

/** A fit over years of candles ends well within; the caller who does not want to wait says `wait=false`. */
const untilTrainedMs = 60 * 60_000;

const waitQuery = z.object({ wait: flag(true) });

const ingestQuery = waitQuery.extend({ until: z.enum(['chunk', 'now']).default('chunk') });

const ingestAnswer = z.object({
  downloaded: z.number().int(),
  series: z.array(
    z.object({
      series: z.string(),
      downloaded: z.number().int().openapi({ description: 'candles' }),
      watermark: epochMs.openapi({ description: 'open time of the next candle to ask for, epoch ms UTC' }),
      gaps: z
        .array(z.object({ fromMs: epochMs, toMs: epochMs, missing: z.number().int() }))
        .openapi({ description: `found by this run; of more than ${mostToldGaps} the newest` }),
      error: z.string().optional().openapi({
        description: 'why the run of this series failed; `downloaded` is what it had stored by then',
      }),
    }),
  ),
  workflow_ids: z.array(z.string()),
});

/** `null` is what older clients send for "not given". */
const trainBody = z.object({
  n_states: z.number().int().min(2).max(12).nullish(),
  tag: tagName.nullish(),
  promote: z.boolean().nullish(),
});

const trainAnswer = z.object({
  version_id: z.string().openapi({ description: '"n/a" when there was nothing new' }),
  metric_name: z.string(),
  metric_value: z.number().nullable().openapi({ description: 'nats per candle' }),
  promoted: z.boolean(),
  message: z.string(),
  metadata: z.object({
    claimed_files: z.number().int(),
    n_obs: z.number().int(),
    n_states: z.number().int().nullable(),
    parent_version: z.string().nullable(),
    series: z.array(z.object({ series: z.string(), outcome: z.string(), reason: z.string() })),
  }),
  workflow_id: z.string(),
});

const startedAnswer = z.object({ workflow_id: z.string() });

const trainRequest = ({
  body,
  query,
}: Call<unknown, z.infer<typeof waitQuery>, z.infer<typeof trainBody>>) => ({
  wait: query.wait,
  ...(body.n_states == null ? {} : { nStates: body.n_states }),
  ...(body.tag == null ? {} : { tag: body.tag }),
  ...(body.promote == null ? {} : { promote: body.promote }),
});

export const addTrainingRoutes = (add: AddEndpoint, { training, models }: RouteDeps): void => {
  const work = { method: 'post', role: 'trainer', rate: 'work', timeoutMs: untilTrainedMs } as const;

  add(
    {
      ...work,
      path: '/ingest_once',
      summary: 'Store the next chunk of each series, or with until=now all there is',
      query: ingestQuery,
      answer: ingestAnswer,
      accepted: ingestAnswer,
      refusals: [...ofTemporal, 'Fenced', 'ExchangeBadAnswer', 'ExchangeUnavailable'],
      example: examples.ingest,
    },
    async ({ query, context }) => {
      const answer = await training.ingestOnce(query);
      return query.wait ? answer : context.json(answer as object, 202);
    },
  );

  add(
    {
      ...work,
      path: '/train',
      summary: 'Retrain now, or join the running retrain',
      query: waitQuery,
      body: trainBody,
      answer: trainAnswer,
      accepted: startedAnswer,
      refusals: [
        ...ofTemporal,
        'RetrainRunning',
        'LineageFixed',
        'NotEnoughData',
        'Fenced',
        'TrainingKilled',
      ],
      example: examples.train,
    },
    async (call) => {
      const answer = await training.train(trainRequest(call));
      if (!call.query.wait) return call.context.json(answer as object, 202);
      models.reload();
      return answer;
    },
  );
};

/** What was decided; the same request again answers the same record. */
const promotionRecord = z.object({
  versionId: z.string(),
  previousVersionId: z.string().nullable(),
  kind: promotionKind,
  fence: z.number().int().openapi({ description: 'grows with each of them; the newest serves' }),
  actor: z.string(),
  reason: z.string(),
  atMs: epochMs,
});

export const addDecisionRoutes = (add: AddEndpoint, { training, ledger, models }: RouteDeps): void => {
  const admin = {
    method: 'post',
    role: 'admin',
    rate: 'work',
    timeoutMs: 5 * 60_000,
    idempotent: true,
    answer: promotionRecord,
  } as const;

  const decide = async (
    request: Pick<DecisionRequest, 'kind' | 'versionId' | 'expectedChampion'>,
    { principal, context }: Caller,
  ) => {
    const { versionId } = request;
    if (versionId !== undefined && !ledger.version(versionId)) {
      throw new ApiError(404, 'UnknownVersion', `no version ${versionId}`);
    }
    // A client that repeats a request whose answer was lost names it, and it is decided once.
    const requestId = idempotencyKey(context).requestKey ?? randomUUID();
    const record = await training.decide({ ...request, actor: principal.subject, requestId });
    models.reload();
    return record;
  };

  const byVersion = z.object({ version_id: versionName });
  for (const kind of ['promote', 'approve'] as const) {
    add(
      {
        ...admin,
        path: `/model/${kind}`,
        summary: `Decide: ${kind} this version`,
        body: byVersion,
        refusals: [...decisionRefusals, ...(kind === 'approve' ? (['NothingAwaitsApproval'] as const) : [])],
        example: examples.promote,
      },
      (call) => decide({ kind, versionId: call.body.version_id }, call),
    );
  }

  add(
    {
      ...admin,
      path: '/model/rollback',
      summary: 'Serve the predecessor again, or the version named',
      body: z.object({
        to: versionName.nullish(),
        expected_champion: versionName
          .nullish()
          .openapi({ description: 'refuse with ChampionChanged when another version is the champion' }),
      }),
      refusals: [...decisionRefusals, 'NoPredecessor'],
      example: examples.rollback,
    },
    (call) => {
      const versionId = call.body.to ?? undefined;
      const expectedChampion = call.body.expected_champion ?? undefined;
      return decide({ kind: 'rollback', ...defined({ versionId, expectedChampion }) }, call);
    },
  );
};

const decisionRefusals = [
  ...ofTemporal,
  ...(['UnknownVersion', 'ChampionChanged', 'Fenced', 'TrainingKilled'] as const),
] as const;

type Caller = Pick<Call<unknown, unknown, unknown>, 'principal' | 'context'>;
