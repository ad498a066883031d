import type { Guardrails } from '../../strategy_schemas/schema.ts';

/** What a scope serves, since when, and how often that changed on `day`. */
export interface Serving {
  readonly armId: number;
  readonly since: number;
  readonly day: string;
  readonly changes: number;
}

/** How often a strategy changed on `day`, over all its instruments. */
export interface StrategyDay {
  readonly day: string;
  readonly changes: number;
}

/** Why a drawn arm is not served. */
export type Held = 'min_dwell' | 'daily_cap' | 'strategy_daily_cap' | 'hysteresis';

const formatters = new Map<string, Intl.DateTimeFormat>();

/** The calendar day of a time in a time zone: `2026-11-24`. */
export const dayOf = (now: number, timeZone: string): string => {
  const known =
    formatters.get(timeZone) ?? new Intl.DateTimeFormat('en-CA', { timeZone, dateStyle: 'short' });
  formatters.set(timeZone, known);
  return known.format(now);
};

const reached = (cap: number | null, { day, changes }: StrategyDay, today: string): boolean =>
  cap !== null && day === today && changes >= cap;

export interface HysteresisInput {
  readonly guardrails: Guardrails;
  readonly serving: Serving;
  readonly strategyDay: StrategyDay | undefined;
  readonly now: number;
  /** Advantage of the drawn arm over the served one, in deviations, each seen with the policy's optimism. */
  readonly advantage: number;
  /** While an evaluation window is open the margin is: what it draws must be seen to be judged. */
  readonly evaluating: boolean;
}

/** Whether another arm may replace the one that is served; undefined when it may. */
export const heldBy = (input: HysteresisInput): Held | undefined => {
  const { guardrails, serving, strategyDay, now, advantage, evaluating } = input;
  if (now - serving.since < guardrails.min_dwell_minutes * 60_000) return 'min_dwell';
  const today = dayOf(now, guardrails.time_zone);
  if (reached(guardrails.max_changes_per_day, serving, today)) return 'daily_cap';
  if (strategyDay && reached(guardrails.max_changes_per_day_strategy, strategyDay, today))
    return 'strategy_daily_cap';
  if (!evaluating && advantage < guardrails.hysteresis_margin) return 'hysteresis';
  return undefined;
};
