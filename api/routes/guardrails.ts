import { z } from '@hono/zod-openapi';
import type { RouteDeps } from '../app.ts';
import type { Principal } from '../auth.ts';
import type { AddEndpoint } from '../endpoint.ts';
import * as examples from '../examples/operators.ts';
import { instrumentName, pageOf, pageQuery, reasonText, strategyName, versionName } from '../fields.ts';
import { defined, pageAnswer } from '../pages.ts';
import { ofController } from '../refusals.ts';
import { createTrainingActs } from '../training-acts.ts';
import { auditRow, equityAnswer, guardrailsAnswer, switchAnswer, unlockAnswer } from './guardrail-answers.ts';

/** Everything without names, a strategy by its name, one instrument of it by both. */
const target = z.object({ strategy: strategyName.optional(), instrument: instrumentName.optional() });

/** What is stopped: the engine's trading, or the loop that trains and promotes models. */
const scope = z.enum(['trading', 'training'], 'must be "trading" or "training"').default('trading');

const killBody = target.extend({
  scope,
  state: z.enum(['HALTED', 'REDUCING']).default('HALTED'),
  reason: reasonText,
  pin: versionName.nullish().openapi({ description: 'training only: the version that serves meanwhile' }),
});
const resumeBody = target.extend({ scope, reason: reasonText });
const unlockBody = z.object({ lock_id: z.number().int().positive(), reason: reasonText });
const equityBody = target.extend({
  equity: z.number().openapi({ description: 'account currency' }),
  currency: z.string().openapi({ description: 'such as USDT; the same in every report' }),
});

/** What is switched, and by whom. */
const by = ({ strategy, instrument, reason }: z.infer<typeof resumeBody>, { subject: actor }: Principal) => ({
  ...defined({ strategy, instrument }),
  reason,
  actor,
});

const changes = { method: 'post', rate: 'engine', timeoutMs: 5_000 } as const;

/** Kill switch, protections and their log. What tightens is an engine's right; what loosens takes an admin. */
export const addGuardrailRoutes = (add: AddEndpoint, deps: RouteDeps): void => {
  const { controller, loop } = deps;
  const acts = createTrainingActs(deps);
  add(
    {
      ...changes,
      path: '/kill',
      answer: switchAnswer,
      role: 'engine',
      summary: 'Stops trading, or the training loop, until a person resumes it',
      body: killBody,
      refusals: [...ofController, 'UnknownVersion', 'TemporalUnavailable'],
      example: examples.kill,
    },
    (call) =>
      call.body.scope === 'training'
        ? acts.kill(call)
        : controller.kill({ ...by(call.body, call.principal), state: call.body.state }),
  );
  add(
    {
      ...changes,
      path: '/resume',
      answer: switchAnswer,
      role: 'admin',
      summary: 'Re-arms what was killed',
      body: resumeBody,
      refusals: [...ofController, 'Conflict'],
      example: examples.resume,
    },
    (call) =>
      call.body.scope === 'training' ? acts.resume(call) : controller.resume(by(call.body, call.principal)),
  );
  add(
    {
      ...changes,
      path: '/unlock',
      answer: unlockAnswer,
      role: 'admin',
      summary: 'Lifts a protection before its time',
      body: unlockBody,
      refusals: [...ofController, 'UnknownLock'],
      example: examples.unlock,
    },
    ({ body, principal }) =>
      controller.unlock({ lockId: body.lock_id, reason: body.reason, actor: principal.subject }),
  );
  add(
    {
      ...changes,
      path: '/equity',
      answer: equityAnswer,
      role: 'engine',
      summary: 'Reports equity; drawdown from its peak may lock or kill',
      body: equityBody,
      refusals: [...ofController, 'InvalidData', 'Conflict'],
      example: examples.reportEquity,
    },
    async ({ body }) => {
      const view = await controller.reportEquity(defined(body));
      await acts.equityReported(view);
      return view;
    },
  );

  const read = { method: 'get', role: 'reader', rate: 'read', timeoutMs: 10_000 } as const;
  add(
    {
      ...read,
      path: '/guardrails',
      summary: 'Trading states, open locks, equities and drawdowns, and the training loop',
      refusals: [...ofController],
      example: examples.guardrails,
      answer: guardrailsAnswer,
    },
    async () => ({ ...(await controller.standing()), training: loop.training() }),
  );
  add(
    {
      ...read,
      path: '/audit',
      summary: 'Who changed what serves, why and until when, newest first',
      query: pageQuery,
      refusals: [...ofController],
      example: examples.audit,
      answer: pageOf(auditRow),
    },
    async ({ query }) => pageAnswer(await controller.audit(defined(query)), query.limit),
  );
};
