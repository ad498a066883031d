import { loadStrategySchemas } from '../../strategy_schemas/load.ts';
import type { Guardrails, StrategySchema } from '../../strategy_schemas/schema.ts';
import { breakout, type open } from '../controller.fixture.ts';

export const schema = loadStrategySchemas().get('momentum_breakout') as StrategySchema;
/** Holds nothing back. */
export const quiet: Guardrails = {
  hysteresis_margin: 0,
  min_dwell_minutes: 0,
  max_changes_per_day: null,
  max_changes_per_day_strategy: null,
  time_zone: 'UTC',
  protections: {},
};
/** The bundled schema with these guardrails alone. */
export const guarded = (guardrails: Partial<Guardrails>, edit: Partial<StrategySchema> = {}) =>
  new Map([[schema.strategy, { ...schema, ...edit, guardrails: { ...quiet, ...guardrails } }]]);
export const by = { actor: 'ann', reason: 'a test' };
export const minute = 60_000;

/** Asks a new question each time: no open decision answers it. */
export const asker = (controller: ReturnType<typeof open>, scope = breakout) => {
  let asked = 0;
  return () => {
    asked += 1;
    return controller.decide({ ...scope, features: { vol: asked * 1e-7 } });
  };
};
