import { z } from '@hono/zod-openapi';
import type { LearnRequest } from '../../controller/outcome-report.ts';
import { rewardUnits } from '../../controller/schema.ts';
import { epochMs } from '../answers.ts';
import type { RouteDeps } from '../app.ts';
import type { AddEndpoint } from '../endpoint.ts';
import * as examples from '../examples/engine.ts';
import {
  featureMap,
  instrumentName,
  opaqueId,
  pageOf,
  pageQuery,
  presetName,
  reasonText,
  strategyAndInstrument,
  strategyName,
} from '../fields.ts';
import { defined, pageAnswer } from '../pages.ts';
import { ofController } from '../refusals.ts';
import { idempotencyKey } from './param.ts';

const rewardUnit = z.enum(rewardUnits).openapi({
  description:
    'quote: quote currency, made deviations of by a running scale (default); r: a multiple of the risk, taken as deviations',
});

const outcomeBody = z.object({
  reward: z.number(),
  reward_unit: rewardUnit.nullish(),
  features: featureMap.nullish(),
  decision_id: opaqueId.nullish(),
  config_id: opaqueId.nullish(),
  outcome_id: opaqueId.nullish().openapi({
    description:
      'makes it count once; without one, a decision_id or config_id stands for the only outcome of its decision',
  }),
});

/** A config_id reads `<strategy>:<instrument>:<decision>:<preset_id>`. */
const decisionOf = ({ decision_id, config_id }: z.infer<typeof outcomeBody>) =>
  decision_id ?? config_id?.split(':').at(-2);

const learnInput = (
  presetId: string,
  body: z.infer<typeof outcomeBody>,
): Omit<LearnRequest, 'strategy' | 'instrument'> => {
  const decisionId = decisionOf(body);
  return {
    presetId,
    reward: body.reward,
    ...(body.reward_unit == null ? {} : { rewardUnit: body.reward_unit }),
    ...(body.features == null ? {} : { features: body.features }),
    ...(decisionId === undefined ? {} : { decisionId }),
    ...(body.outcome_id == null ? {} : { outcomeId: body.outcome_id }),
  };
};

export const addOutcomeRoutes = (add: AddEndpoint, { controller, metrics }: RouteDeps): void => {
  add(
    {
      method: 'post',
      path: '/learn/outcome/{strategy}/{instrument}/{preset_id}',
      summary: 'A realised reward; with an outcome_id it counts once however often it is sent',
      role: 'engine',
      rate: 'engine',
      timeoutMs: 5_000,
      params: strategyAndInstrument.extend({ preset_id: presetName }),
      body: outcomeBody,
      idempotent: true,
      refusals: [...ofController, 'UnknownPreset', 'UnknownDecision', 'Conflict'],
      example: examples.outcome,
      answer: z.object({ ok: z.literal(true), duplicate: z.boolean() }),
    },
    async ({ params: { preset_id, ...scope }, body, context }) => {
      const { duplicate } = await controller.learn({
        ...scope,
        ...learnInput(preset_id, body),
        ...idempotencyKey(context),
      });
      const strategy = metrics.strategyLabel(scope.strategy.toLowerCase());
      metrics.outcomes.inc({ strategy, duplicate: String(duplicate) });
      // The metric is in quote currency.
      if (!duplicate && body.reward_unit !== 'r')
        metrics.rewards.inc(metrics.presetLabels(scope.strategy.toLowerCase(), preset_id), body.reward);
      return { ok: true, duplicate };
    },
  );

  add(
    {
      method: 'post',
      path: '/outcomes/{outcome_id}/reverse',
      summary:
        'Takes an outcome back, by its outcome_id or, however it was reported, by seq:<its seq in GET /outcomes>; a corrected one comes under another id',
      role: 'engine',
      rate: 'engine',
      timeoutMs: 5_000,
      params: z.object({
        outcome_id: opaqueId.openapi({ description: 'outcome_id, or seq:4711 for the outcome of that seq' }),
      }),
      refusals: [...ofController, 'UnknownOutcome', 'Conflict'],
      example: examples.reverse,
      body: z.object({ reason: reasonText }),
      answer: z.object({ ok: z.literal(true), duplicate: z.boolean() }),
    },
    async ({ params, body, principal }) => {
      const request = { outcomeId: params.outcome_id, ...body, actor: principal.subject };
      return { ok: true, ...(await controller.reverse(request)) };
    },
  );
};

const recordsQuery = pageQuery.extend({
  strategy: strategyName.optional(),
  instrument: instrumentName.optional(),
});

const named = { seq: z.number().int(), strategy: z.string(), instrument: z.string(), preset_id: z.string() };
const features = z.record(z.string(), z.number());
const chances = z.record(z.string(), z.number());

const outcomeRow = z.object({
  ...named,
  decision_id: z.string().nullable(),
  outcome_id: z.string().nullable(),
  attribution: z.enum(['decision', 'matched', 'anonymous', 'reversal']),
  reverses: z.number().int().nullable().openapi({ description: 'seq of the outcome that it takes back' }),
  raw_reward: z.number().openapi({ description: 'in its unit' }),
  reward_unit: rewardUnit,
  reward_scale: z.number().openapi({ description: 'one deviation in its unit' }),
  reward: z.number().openapi({ description: 'in deviations' }),
  learned: z.boolean(),
  learned_seq: z.number().int().nullable(),
  features,
  created_at: epochMs,
});

const decisionRow = z.object({
  ...named,
  decision_id: z.string(),
  proposed_preset_id: z.string(),
  params: z.record(z.string(), z.unknown()),
  policy_version: z.string(),
  state: z.enum(['served', 'rewarded', 'voided', 'expired']),
  reason: z.string(),
  forced_by: z.string().nullable().openapi({ description: 'null: the policy was free' }),
  trading_state: z.enum(['ACTIVE', 'REDUCING', 'HALTED']),
  epsilon: z.number(),
  odds: chances.openapi({ description: 'what the preset was drawn from' }),
  propensity: z.number().nullable(),
  propensities: chances.openapi({ description: 'of what was served, guardrails included' }),
  seed: z.number(),
  learned_count: z.number().int().openapi({ description: 'outcomes that were learned before it' }),
  features,
  features_missing: z.array(z.string()),
  features_ignored: z.array(z.string()),
  model_version: z.string().nullable(),
  position_id: z.string().nullable(),
  repeats: z.string().nullable().openapi({
    description:
      'the decision that its Idempotency-Key had got before, which a kill, a lock or a retired preset keeps from being served again',
  }),
  created_at: epochMs,
  reward_sum: z.number().nullable().openapi({
    description: 'quote currency, of all its outcomes, without what was taken back; null: none was reported',
  }),
  outcome_count: z.number().int().openapi({ description: 'outcomes that were reported of it' }),
});

export const addRecordRoutes = (add: AddEndpoint, { controller }: RouteDeps): void => {
  const read = {
    method: 'get',
    role: 'reader',
    rate: 'read',
    timeoutMs: 10_000,
    refusals: [...ofController],
  } as const;
  const decisions = {
    ...read,
    path: '/decisions',
    summary: 'Stored decisions, newest first',
    answer: pageOf(decisionRow),
    example: examples.decisions,
    query: recordsQuery,
  };
  add(decisions, async ({ query }) => pageAnswer(await controller.decisions(defined(query)), query.limit));
  const outcomes = {
    ...read,
    path: '/outcomes',
    summary: 'Stored outcomes, newest first',
    answer: pageOf(outcomeRow),
    example: examples.outcomes,
    query: recordsQuery,
  };
  add(outcomes, async ({ query }) => pageAnswer(await controller.outcomes(defined(query)), query.limit));
  add(
    {
      ...read,
      path: '/decisions/{decision_id}',
      summary: 'One decision: odds, policy, model version, outcomes',
      params: z.object({ decision_id: opaqueId }),
      refusals: [...ofController, 'UnknownDecision'],
      example: examples.oneDecision,
      answer: decisionRow.extend({
        policy: z.record(z.string(), z.unknown()).openapi({ description: 'its settings' }),
        outcomes: z.array(outcomeRow),
      }),
    },
    ({ params }) => controller.decision(params.decision_id),
  );
};
