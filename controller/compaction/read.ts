import { and, asc, eq } from 'drizzle-orm';
import type { Store } from '../database.ts';
import { normalScope, type Scope } from '../names.ts';
import { arms, dailySums, scopes } from '../schema.ts';

/** What is left of compacted decisions and outcomes of a scope, oldest day first. */
export const createDailySums =
  ({ db }: Store) =>
  (request: Scope) => {
    const { strategy, instrument } = normalScope(request);
    return db
      .select({
        day: dailySums.day,
        preset_id: arms.presetId,
        decisions: dailySums.decisions,
        rewarded: dailySums.rewarded,
        voided: dailySums.voided,
        forced: dailySums.forced,
        propensity_sum: dailySums.propensitySum,
        outcomes: dailySums.outcomes,
        raw_reward_sum: dailySums.rawRewardSum,
        reward_sum: dailySums.rewardSum,
      })
      .from(dailySums)
      .innerJoin(scopes, eq(scopes.id, dailySums.scopeId))
      .innerJoin(arms, eq(arms.id, dailySums.armId))
      .where(and(eq(scopes.strategy, strategy), eq(scopes.instrument, instrument)))
      .orderBy(asc(dailySums.day), asc(arms.presetId))
      .all();
  };
