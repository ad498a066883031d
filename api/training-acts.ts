import { randomUUID } from 'node:crypto';
import type { EquityView } from '../controller/guardrails/equity.ts';
import { everything } from '../controller/guardrails/targets.ts';
import type { NewKill, TrainingKill } from '../ledger/training-kills.ts';
import { describeKill } from '../ledger/training-kills.ts';
import type { RouteDeps } from './app.ts';
import type { Principal } from './auth.ts';
import { ApiError } from './errors.ts';
import { roleAllows } from './roles.ts';

interface Act {
  readonly principal: Principal;
  readonly body: {
    readonly reason: string;
    readonly pin?: string | null | undefined;
    readonly strategy?: string | undefined;
    readonly instrument?: string | undefined;
  };
}

type Deps = Pick<RouteDeps, 'trainingSwitch' | 'training' | 'models' | 'ledger' | 'settings' | 'log'>;

/** Kills and resumes the training loop: the ledger first, which is what counts, then the schedule, for people to see. */
export const createTrainingActs = (deps: Deps) => {
  const kill = async (request: NewKill) => {
    const row = deps.trainingSwitch.kill(request);
    deps.models.reload();
    return answer(row, await holdSchedule(deps, describeKill(row)));
  };
  return {
    kill: async ({ principal, body }: Act) => {
      demandWhole(body);
      demandPin(deps, principal, body.pin);
      const pin = body.pin == null ? {} : { pinnedVersionId: body.pin };
      return await kill({
        cause: `request:${randomUUID()}`,
        actor: principal.subject,
        reason: body.reason,
        ...pin,
      });
    },
    resume: async ({ principal, body }: Act) => {
      demandWhole(body);
      const row = deps.trainingSwitch.resume({ actor: principal.subject, reason: body.reason });
      return answer(row, await holdSchedule(deps, undefined));
    },
    /** An account that fell too far from its peak: models that trade so are not replaced by more of the kind unseen. */
    equityReported: async (view: EquityView): Promise<void> => {
      const request = drawdownKill(view, deps.settings.trainingKill.maxDrawdown);
      if (request && !deps.ledger.killedFor(request.cause)) await kill(request);
    },
  };
};

/** The training loop is one. */
const demandWhole = ({ strategy, instrument }: Act['body']): void => {
  if (strategy === undefined && instrument === undefined) return;
  throw new ApiError(422, 'Invalid', 'scope "training" is the whole loop: leave strategy and instrument out');
};

/** Killing tightens, which an engine may do; to choose what serves takes an admin. */
const demandPin = ({ ledger }: Deps, { role }: Principal, pin: string | null | undefined): void => {
  if (pin == null) return;
  if (!roleAllows(role, 'admin')) throw new ApiError(403, 'Forbidden', 'pin needs the role admin');
  if (!ledger.version(pin)) throw new ApiError(404, 'UnknownVersion', `no version ${pin}`);
};

/** The same peak kills once: who resumed has seen it. */
const drawdownKill = (view: EquityView, maxDrawdown: number): NewKill | undefined => {
  const { target, drawdown, equity, peak, currency, peak_at: peakAt } = view;
  if (target !== everything || maxDrawdown >= 1 || !(drawdown >= maxDrawdown)) return undefined;
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
  const reason =
    `equity ${equity} ${currency} is ${percent(drawdown)} below its peak ${peak}; ` +
    `TRAINING_KILL_DRAWDOWN is ${percent(maxDrawdown)}`;
  return { cause: `drawdown:${peakAt}`, actor: 'limit:drawdown', reason };
};

/** Without Temporal the switch holds all the same: the watch brings the schedule in line when it runs again. */
const holdSchedule = async (
  { training, log }: Deps,
  note: string | undefined,
): Promise<'done' | 'pending'> => {
  try {
    await training.holdRetrain(note);
    return 'done';
  } catch (error) {
    log.warn({ err: error }, 'the retrain schedule could not be reached; the watch will do it');
    return 'pending';
  }
};

const answer = (row: TrainingKill, schedule: 'done' | 'pending') => ({
  scope: 'training',
  training_state: row.resumedAt === null ? 'KILLED' : 'ACTIVE',
  since_ms: row.resumedAt ?? row.at,
  ...{ actor: row.resumedBy ?? row.actor, reason: row.resumeReason ?? row.reason },
  pinned_version: row.resumedAt === null ? row.pinnedVersionId : null,
  /** Whether the retrain schedule in Temporal was paused or resumed at once; else within a minute. */
  schedule,
});
