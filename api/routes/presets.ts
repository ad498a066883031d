import { z } from '@hono/zod-openapi';
import { epochMs } from '../answers.ts';
import type { RouteDeps } from '../app.ts';
import type { AddEndpoint } from '../endpoint.ts';
import { parse } from '../endpoint.ts';
import { ApiError } from '../errors.ts';
import * as examples from '../examples/engine.ts';
import { presetName, reasonText, strategyAndInstrument } from '../fields.ts';
import { ofController } from '../refusals.ts';
import { isShallow } from '../shallow.ts';

/** Loose on purpose: what is missing has an answer of its own, which older clients compare word for word. */
const registerBody = z.object({ preset_id: z.unknown().optional(), params: z.unknown().optional() });

/** Parameters are flat or nearly so; deeper ones would only break whoever walks them. */
const deepest = 8;

const parameters = z
  .record(z.string().min(1).max(64), z.unknown())
  .refine((params) => isShallow(params, deepest), `nested deeper than ${deepest} levels`);

const complete = z.object({ preset_id: presetName, params: parameters });

const presetRow = z.object({
  preset_id: z.string(),
  params: z.record(z.string(), z.unknown()),
  source: z.enum(['schema', 'registered']),
  outcomes: z.number().int(),
  mean_reward: z.number().nullable().openapi({ description: 'in deviations; null: none was learned' }),
  created_at: epochMs
    .nullable()
    .openapi({ description: 'epoch ms UTC; null: of the schema, not asked for yet' }),
});

const retireBody = strategyAndInstrument.extend({ preset_id: presetName, reason: reasonText });
const pinBody = strategyAndInstrument.extend({ preset_id: presetName.nullable(), reason: reasonText });

const isMissing = (value: unknown) =>
  value === undefined ||
  value === null ||
  value === '' ||
  (typeof value === 'object' && Object.keys(value).length === 0);

export const addPresetRoutes = (add: AddEndpoint, { controller }: RouteDeps): void => {
  add(
    {
      method: 'post',
      path: '/preset/register/{strategy}/{instrument}',
      summary: 'Add a preset, or give one new parameters',
      role: 'engine',
      rate: 'read',
      timeoutMs: 5_000,
      params: strategyAndInstrument,
      body: registerBody,
      refusals: [...ofController, 'PresetIncomplete', 'OutOfBounds', 'TooManyPresets', 'Conflict'],
      example: examples.register,
      answer: z.object({ ok: z.literal(true) }),
    },
    async ({ params: scope, body, principal }) => {
      if (isMissing(body.preset_id) || isMissing(body.params)) {
        throw new ApiError(400, 'PresetIncomplete', 'preset_id and params required');
      }
      const { preset_id: presetId, params } = parse(complete, body);
      await controller.register({ ...scope, presetId, params, actor: principal.subject });
      return { ok: true };
    },
  );

  add(
    {
      method: 'get',
      path: '/presets/{strategy}/{instrument}',
      summary: 'The presets of a strategy on an instrument',
      refusals: [...ofController],
      example: examples.presets,
      role: 'reader',
      rate: 'read',
      timeoutMs: 5_000,
      params: strategyAndInstrument,
      answer: z.object({ data: z.array(presetRow) }),
    },
    async ({ params }) => ({ data: await controller.presets(params) }),
  );

  const decided = {
    method: 'post',
    role: 'admin',
    rate: 'engine',
    timeoutMs: 5_000,
    answer: z.object({ ok: z.literal(true) }),
    refusals: [...ofController, 'UnknownPreset', 'Conflict'],
  } as const;
  add(
    {
      ...decided,
      path: '/preset/retire',
      summary: 'Takes a preset out; registering its parameters again brings it back',
      body: retireBody,
      example: examples.retire,
    },
    async ({ body: { preset_id: presetId, ...rest }, principal }) => {
      await controller.retire({ ...rest, presetId, actor: principal.subject });
      return { ok: true };
    },
  );
  add(
    {
      ...decided,
      path: '/preset/pin',
      summary: 'Serves one preset whatever was learned, until it is unpinned with null',
      body: pinBody,
      example: examples.pin,
    },
    async ({ body: { preset_id: presetId, ...rest }, principal }) => {
      await controller.pin({ ...rest, presetId, actor: principal.subject });
      return { ok: true };
    },
  );
};
