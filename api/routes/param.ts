import { z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { Features } from '../../controller/features.ts';
import type { Scope } from '../../controller/names.ts';
import type { RouteDeps } from '../app.ts';
import { type AddEndpoint, parse } from '../endpoint.ts';
import * as examples from '../examples/engine.ts';
import {
  featureMap,
  instrumentName,
  opaqueId,
  reasonText,
  strategyAndInstrument,
  strategyName,
} from '../fields.ts';
import { defined } from '../pages.ts';
import { ofController } from '../refusals.ts';

const paramAnswer = z.object({
  config_id: z.string().openapi({ description: '<strategy>:<instrument>:<decision>:<preset_id>' }),
  params: z.record(z.string(), z.unknown()),
  policy_version: z.string(),
  preset_id: z.string(),
  decision_id: z.string(),
  features_used: z.array(z.string()),
  features_missing: z.array(z.string()),
  features_ignored: z.array(z.string()),
  applies_to: z.string(),
  proposed_preset_id: z.string(),
  reason: z.string(),
  propensity: z.number().nullable(),
  trading_state: z.enum(['ACTIVE', 'REDUCING', 'HALTED']),
});

const done = z.object({ ok: z.literal(true) });

const decisionOfPosition =
  'the decision that the position was opened with, where none has its position_id yet';

const paramQuery = z.looseObject({
  position_id: opaqueId.optional(),
  decision_id: opaqueId.optional().openapi({ description: decisionOfPosition }),
  'features[name]': z
    .string()
    .optional()
    .openapi({ description: 'a feature value; one such parameter for each name' }),
});

const paramBody = z.object({
  features: featureMap.nullish(),
  position_id: opaqueId.nullish(),
  decision_id: opaqueId.nullish().openapi({ description: decisionOfPosition }),
});

/** Needed where several open positions have the id. */
const closeBody = z.object({ strategy: strategyName.optional(), instrument: instrumentName.optional() });

/** Made once: zod compiles a schema when it first parses. */
const queryFeatures = z.object({ features: featureMap });
const keyHeader = z.object({ 'Idempotency-Key': opaqueId });

/** `Number('')` is 0, which would be a feature that nobody sent. */
const toNumber = (text: unknown) => (String(text).trim() === '' ? Number.NaN : Number(text));

/** `features[ret]=0.1`; the query decoder has already undone the percent-encoding of the brackets. Throws 422 with the names that are wrong. */
const featuresOfQuery = (query: Readonly<Record<string, unknown>>): Features => {
  const features: Record<string, number> = {};
  let sound = true;
  for (const [key, text] of Object.entries(query)) {
    if (!key.startsWith('features[') || !key.endsWith(']')) continue;
    const value = toNumber(text);
    sound &&= Number.isFinite(value);
    features[key.slice('features['.length, -1)] = value;
  }
  // The schema says what is wrong; the controller looks at names and number again.
  return sound ? features : parse(queryFeatures, { features }).features;
};

interface Asked {
  readonly features: Features;
  readonly positionId: string | null | undefined;
  readonly decisionId: string | null | undefined;
  readonly requestKey?: string;
}

/** Throws 422 where the header is there and not one that can be kept. */
export const idempotencyKey = (c: Context): { requestKey?: string } => {
  const key = c.req.header('idempotency-key');
  return key === undefined
    ? {}
    : {
        requestKey: parse(keyHeader, { 'Idempotency-Key': key })['Idempotency-Key'],
      };
};

export const addParamRoutes = (add: AddEndpoint, { controller, regimeContext, metrics }: RouteDeps): void => {
  const decide = async (c: Context, scope: Scope, { features, positionId, decisionId, ...key }: Asked) => {
    const stop = metrics.decisionSeconds.startTimer();
    const answer = await controller.decide({
      ...scope,
      features,
      ...(positionId == null ? {} : { positionId }),
      ...(decisionId == null ? {} : { decisionId }),
      ...regimeContext(scope.instrument),
      ...key,
    });
    stop();
    metrics.decisions.inc({ strategy: metrics.strategyLabel(scope.strategy.toLowerCase()) });
    metrics.selections.inc(metrics.presetLabels(scope.strategy.toLowerCase(), answer.preset_id));
    return c.json(answer as object, 200, { 'Cache-Control': 'no-store' });
  };

  const endpoint = {
    path: '/param/{strategy}/{instrument}',
    role: 'engine',
    rate: 'engine',
    timeoutMs: 4_000,
    params: strategyAndInstrument,
    answer: paramAnswer,
    refusals: [...ofController, 'NoPresets', 'UnknownDecision', 'InvalidData', 'Conflict'],
  } as const;

  add(
    {
      ...endpoint,
      method: 'get',
      summary: 'Parameters for new positions; writes a decision',
      writes: true,
      query: paramQuery,
      example: examples.param,
    },
    ({ context, params, query }) =>
      decide(context, params, {
        features: featuresOfQuery(query),
        positionId: query.position_id,
        decisionId: query.decision_id,
      }),
  );

  add(
    {
      ...endpoint,
      method: 'post',
      summary: 'The same with the features in a JSON body',
      body: paramBody,
      idempotent: true,
      example: examples.paramByBody,
    },
    ({ context, params, body }) =>
      decide(context, params, {
        features: body.features ?? {},
        positionId: body.position_id,
        decisionId: body.decision_id,
        ...idempotencyKey(context),
      }),
  );

  add(
    {
      method: 'post',
      path: '/positions/{position_id}/close',
      summary: 'The position is closed: its id gets new parameters from now on',
      role: 'engine',
      rate: 'engine',
      timeoutMs: 5_000,
      params: z.object({ position_id: opaqueId }),
      body: closeBody,
      refusals: [...ofController, 'UnknownPosition', 'Conflict'],
      example: examples.closePosition,
      answer: done,
    },
    async ({ params, body }) => {
      await controller.closePosition({ positionId: params.position_id, ...defined(body) });
      return { ok: true };
    },
  );

  add(
    {
      method: 'post',
      path: '/decisions/{decision_id}/void',
      summary: 'Nothing was done with this decision: it earns nothing',
      role: 'engine',
      rate: 'engine',
      timeoutMs: 5_000,
      params: z.object({ decision_id: opaqueId }),
      refusals: [...ofController, 'UnknownDecision', 'Conflict'],
      example: examples.voidDecision,
      body: z.object({ reason: reasonText }),
      answer: done,
    },
    async ({ params, body, principal }) => {
      await controller.voidDecision({ decisionId: params.decision_id, ...body, actor: principal.subject });
      return { ok: true };
    },
  );
};
