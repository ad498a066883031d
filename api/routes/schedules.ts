import { z } from '@hono/zod-openapi';
import type { RouteDeps } from '../app.ts';
import type { AddEndpoint } from '../endpoint.ts';
import * as examples from '../examples/operators.ts';
import { opaqueId, reasonText } from '../fields.ts';
import { ofTemporal } from '../refusals.ts';

/** As it is after the act. */
const scheduleActed = z.object({
  id: z.string(),
  paused: z.boolean(),
  note: z.string().optional().openapi({ description: 'who paused or resumed it last, and why' }),
});

/** An operator's hands on the schedules; what they change stays until the settings behind a schedule change. */
export const addScheduleRoutes = (add: AddEndpoint, { training }: RouteDeps): void => {
  add(
    {
      method: 'post',
      path: '/schedules/{id}/{action}',
      summary: 'Pauses or resumes a schedule, or runs it now unless it runs already',
      role: 'admin',
      rate: 'work',
      timeoutMs: 30_000,
      params: z.object({ id: opaqueId, action: z.enum(['pause', 'unpause', 'trigger']) }),
      body: z.object({ reason: reasonText }),
      refusals: [...ofTemporal, 'UnknownSchedule'],
      example: examples.actOnSchedule,
      answer: scheduleActed,
    },
    ({ params: { id, action }, body: { reason }, principal }) =>
      training.actOnSchedule({ id, action, reason, actor: principal.subject }),
  );
};
