import { z } from '@hono/zod-openapi';
import type { LearnRequest } from '../../controller/outcome-report.ts';
import type { RouteDeps } from '../app.ts';
import type { AddEndpoint } from '../endpoint.ts';
import {
  featureMap,
  instrumentName,
  opaqueId,
  pageOf,
  pageQuery,
  presetName,
  strategyAndInstrument,
  strategyName,
} from '../fields.ts';

const outcomeBody = z.object({
  reward: z.number().openapi({ description: 'quote currency' }),
  features: featureMap.nullish(),
  decision_id: opaqueId.nullish(),
  config_id: opaqueId.nullish(),
  outcome_id: opaqueId.nullish(),
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
      answer: z.object({ ok: z.literal(true), duplicate: z.boolean() }),
    },
    ({ params: { preset_id, ...scope }, body }) => {
      const { duplicate } = controller.learn({ ...scope, ...learnInput(preset_id, body) });
      metrics.outcomes.inc({ strategy: scope.strategy, duplicate: String(duplicate) });
      return { ok: true, duplicate };
    },
  );
};

const recordsQuery = pageQuery.extend({
  strategy: strategyName.optional(),
  instrument: instrumentName.optional(),
});

const defined = <T extends object>(fields: T) =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };

const record = z.looseObject({ seq: z.number().int() });

/** A full page may be the last one; then the next one is empty. */
const pageAnswer = <T extends { readonly seq: number }>(data: readonly T[], limit: number) => ({
  data,
  page: { nextCursor: data.length === limit ? String(data.at(-1)?.seq) : null, limit },
});

export const addRecordRoutes = (add: AddEndpoint, { controller }: RouteDeps): void => {
  const read = {
    method: 'get',
    role: 'reader',
    rate: 'read',
    timeoutMs: 10_000,
    answer: pageOf(record),
  } as const;
  const decisions = {
    ...read,
    path: '/decisions',
    summary: 'Stored decisions, newest first',
    query: recordsQuery,
  };
  add(decisions, ({ query }) => pageAnswer(controller.decisions(defined(query)), query.limit));
  const outcomes = {
    ...read,
    path: '/outcomes',
    summary: 'Stored outcomes, newest first',
    query: recordsQuery,
  };
  add(outcomes, ({ query }) => pageAnswer(controller.outcomes(defined(query)), query.limit));
};
