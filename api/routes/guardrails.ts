import { z } from '@hono/zod-openapi';
import type { RouteDeps } from '../app.ts';
import type { Principal } from '../auth.ts';
import type { AddEndpoint } from '../endpoint.ts';
import { instrumentName, openObject, pageOf, pageQuery, reasonText, strategyName } from '../fields.ts';
import { defined, pageAnswer } from '../pages.ts';

/** Everything without names, a strategy by its name, one instrument of it by both. */
const target = z.object({ strategy: strategyName.optional(), instrument: instrumentName.optional() });

/** The loop's own switch comes with the watch over its health. */
const scope = z.enum(['trading'], 'must be "trading"').default('trading');

const killBody = target.extend({
  scope,
  state: z.enum(['HALTED', 'REDUCING']).default('HALTED'),
  reason: reasonText,
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

const changes = { method: 'post', rate: 'engine', timeoutMs: 5_000, answer: openObject } as const;

/** Kill switch, protections and their log. What tightens is an engine's right; what loosens takes an admin. */
export const addGuardrailRoutes = (add: AddEndpoint, { controller }: RouteDeps): void => {
  add(
    {
      ...changes,
      path: '/kill',
      role: 'engine',
      summary: 'Stops trading until a person resumes it',
      body: killBody,
    },
    ({ body, principal }) => controller.kill({ ...by(body, principal), state: body.state }),
  );
  add(
    { ...changes, path: '/resume', role: 'admin', summary: 'Re-arms what was killed', body: resumeBody },
    ({ body, principal }) => controller.resume(by(body, principal)),
  );
  add(
    {
      ...changes,
      path: '/unlock',
      role: 'admin',
      summary: 'Lifts a protection before its time',
      body: unlockBody,
    },
    ({ body, principal }) =>
      controller.unlock({ lockId: body.lock_id, reason: body.reason, actor: principal.subject }),
  );
  add(
    {
      ...changes,
      path: '/equity',
      role: 'engine',
      summary: 'Reports equity; drawdown from its peak may lock or kill',
      body: equityBody,
    },
    ({ body }) => controller.reportEquity(defined(body)),
  );

  const read = { method: 'get', role: 'reader', rate: 'read', timeoutMs: 10_000 } as const;
  add(
    {
      ...read,
      path: '/guardrails',
      summary: 'Trading states, open locks, equities and drawdowns',
      answer: openObject,
    },
    () => controller.standing(),
  );
  add(
    {
      ...read,
      path: '/audit',
      summary: 'Who changed what serves, why and until when, newest first',
      query: pageQuery,
      answer: pageOf(z.looseObject({ seq: z.number().int() })),
    },
    async ({ query }) => pageAnswer(await controller.audit(defined(query)), query.limit),
  );
};
