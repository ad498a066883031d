import { z } from '@hono/zod-openapi';
import { epochMs, trainingState } from '../answers.ts';

const target = z.string().openapi({ description: '* (everything), a strategy, or strategy:instrument' });
const tradingState = z.enum(['ACTIVE', 'REDUCING', 'HALTED']);

const tradingSwitch = z.object({ target, trading_state: tradingState, since: epochMs, reason: z.string() });

const trainingSwitch = z.object({
  scope: z.literal('training'),
  training_state: z.enum(['ACTIVE', 'KILLED']),
  since_ms: epochMs,
  actor: z.string(),
  reason: z.string(),
  pinned_version: z.string().nullable(),
  schedule: z.enum(['done', 'pending']).openapi({
    description:
      'whether the retrain schedule in Temporal was paused or resumed at once; else within a minute',
  }),
});

/** Of trading, or of the training loop: as the request's scope says. */
export const switchAnswer = z.union([tradingSwitch, trainingSwitch]);

export const unlockAnswer = z.object({ lock_id: z.number().int(), target, protection: z.string() });

const share = z.number().openapi({ description: '(peak − equity) / peak' });

export const equityAnswer = z.object({
  target,
  equity: z.number(),
  peak: z.number(),
  drawdown: share,
  currency: z.string(),
  peak_at: epochMs,
  updated_at: epochMs,
  forgiven: z.array(z.object({ target, peak: z.number(), drawdown: share })).openapi({
    description: 'targets whose limits count from a later peak, since a person let this drawdown be',
  }),
});

const tradingStateRow = z.object({
  ...{ target, state: tradingState, reason: z.string(), actor: z.string(), since: epochMs },
});

const lock = z.object({
  id: z.number().int(),
  target,
  protection: z.string(),
  reason: z.string(),
  actor: z.string(),
  createdAt: epochMs,
  until: epochMs.nullable().openapi({ description: 'null: until what it waits for is there again' }),
  liftedAt: epochMs.nullable(),
  liftedBy: z.string().nullable(),
});

const evaluationWindow = z.object({
  ...{ id: z.number().int(), scopeId: z.number().int(), epsilon: z.number() },
  ...{ from: epochMs, until: epochMs, actor: z.string() },
});

export const guardrailsAnswer = z.object({
  trading_states: z.array(tradingStateRow).openapi({ description: 'those that are not ACTIVE' }),
  locks: z.array(lock).openapi({ description: 'open ones' }),
  equities: z.array(equityAnswer),
  evaluation_windows: z.array(evaluationWindow),
  training: trainingState,
});

export const auditRow = z.object({
  ...{ seq: z.number().int(), at: epochMs, actor: z.string(), action: z.string(), target },
  reason: z.string(),
  until: epochMs.nullable(),
  detail: z.record(z.string(), z.unknown()).openapi({ description: 'what the act changed; open by nature' }),
});
