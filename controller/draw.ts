import { type ArmEstimate, estimateAt } from '../bandit/arm-model.ts';
import { remaining } from '../bandit/arm-sums.ts';
import type { Counts } from '../bandit/beta-ts.ts';
import type { Rate } from '../bandit/forgetting.ts';
import { type Policy as BanditPolicy, oddsOf, pushedThrough } from '../bandit/policy.ts';
import { drawArm } from '../bandit/propensity.ts';
import type { ArmRow } from './arms.ts';
import type { Db } from './database.ts';
import { type Forced, safeArm } from './guardrails/forced.ts';
import { type Held, heldBy } from './guardrails/hysteresis.ts';
import { strategyDayOf } from './guardrails/servings.ts';
import { knownPosteriors, type Posterior } from './posteriors.ts';
import type { HotScope } from './ready-scope.ts';
import { rateOf } from './rebuild.ts';

/** What was drawn, what is served, and with which chances; indexes are into the scope's arms. */
export interface Draw {
  readonly drawn: number;
  readonly served: number;
  /** What the arm was drawn from. */
  readonly odds: Float64Array;
  /** The chances of what is served: every draw pushed through the guardrails. */
  readonly propensities: Float64Array;
  readonly epsilon: number;
  readonly reason: string;
}

/** How the arms look at x, and what the policy makes of it. */
interface Outlook {
  readonly estimates: readonly ArmEstimate[];
  readonly odds: Float64Array;
  /** Deviations that an arm is given the benefit of. */
  readonly optimism: number;
}

/** Arms that were never tried must be able to displace one that was: each is seen as well as the policy hopes. */
const betaOptimism = 0.25;

const banditPolicy = (hot: HotScope, rate: Rate, windowEpsilon: number): BanditPolicy => {
  const { algorithm, alpha } = hot.policy;
  const epsilon = Math.max(hot.policy.epsilon, windowEpsilon);
  switch (algorithm) {
    case 'lin_ts':
      return { algorithm, v: rate.v, epsilon };
    case 'lin_ucb':
      return { algorithm, alpha, epsilon };
    case 'fixed':
      // A baseline explores for an evaluation window and not for EPSILON.
      return { algorithm, baseline: safeArm(hot), epsilon: windowEpsilon };
    case 'epsilon_greedy':
    case 'beta_ts':
      return { algorithm, epsilon };
  }
  return algorithm satisfies never;
};

const optimismOf = (policy: BanditPolicy): number => {
  if (policy.algorithm === 'lin_ts') return policy.v;
  if (policy.algorithm === 'lin_ucb') return policy.alpha;
  return policy.algorithm === 'beta_ts' ? betaOptimism : 0;
};

const countsOf = (hot: HotScope, posteriors: readonly Posterior[], rate: number): readonly Counts[] => {
  const { learnedCount } = hot.row;
  if (hot.counts?.learnedCount === learnedCount) return hot.counts.ofArms;
  const ofArms = posteriors.map(({ memory }) => {
    const left = remaining(learnedCount - memory.lastSeq, hot.policy.rates[rate]!.halfLife);
    const { moment, gram } = memory.sums[rate]!;
    return { successes: left * moment[0]!, trials: left * gram[0]! };
  });
  hot.counts = { learnedCount, ofArms };
  return ofArms;
};

const outlookOf = (
  db: Db,
  hot: HotScope,
  x: Float64Array,
  policyOf: (rate: Rate) => BanditPolicy,
): Outlook => {
  const { arms, policy, row, models } = hot;
  const { rates, lambda } = policy;
  const rate = rateOf(row, policy);
  const options = { rate, rates, lambda, learnedCount: row.learnedCount };
  const posteriors = knownPosteriors(db, hot.posteriors, { arms, dimension: x.length, policy });
  const estimates = posteriors.map(({ memory }, arm) =>
    estimateAt(models.model(memory, arms[arm]!.id, options), x),
  );
  const counts = policy.algorithm === 'beta_ts' ? countsOf(hot, posteriors, rate) : [];
  const bandit = policyOf(rates[rate]!);
  return { estimates, odds: oddsOf(bandit, { estimates, counts }), optimism: optimismOf(bandit) };
};

/** The arm that is served when `drawn` was drawn, and why it is another one. */
type Served = (drawn: number) => { readonly arm: number; readonly held?: Held | undefined };

/** The guardrails between a draw and what is served. Deterministic, so every possible draw can be pushed through them. */
const hysteresisOf = (
  db: Db,
  hot: HotScope,
  { estimates, optimism }: Outlook,
  { now, evaluating }: { now: number; evaluating: boolean },
): Served => {
  const { serving, schema, arms } = hot;
  const current = arms.findIndex(({ id }) => id === serving?.armId);
  if (!serving || !schema || current < 0) return (arm) => ({ arm });
  const strategyDay = strategyDayOf(db, hot.row.strategy);
  const hoped = estimates.map(({ mean, deviation }) => mean + optimism * deviation);
  const { guardrails } = schema;
  const marginless = evaluating || hot.policy.algorithm === 'fixed';
  return (drawn) => {
    if (drawn === current) return { arm: drawn };
    const advantage = hoped[drawn]! - hoped[current]!;
    const held = heldBy({ guardrails, serving, strategyDay, now, advantage, evaluating: marginless });
    return { arm: held ? current : drawn, held };
  };
};

const oneHot = (arms: readonly ArmRow[], only: number): Float64Array =>
  Float64Array.from(arms, (_, arm) => (arm === only ? 1 : 0));

/** Draws an arm from the policy's odds by `uniform` and passes it through the guardrails. */
export const draw = (
  db: Db,
  hot: HotScope,
  x: Float64Array,
  {
    uniform,
    forced,
    windowEpsilon,
    now,
  }: { uniform: number; forced: Forced | undefined; windowEpsilon: number; now: number },
): Draw => {
  let epsilon = 0;
  const outlook = outlookOf(db, hot, x, (rate) => {
    const policy = banditPolicy(hot, rate, windowEpsilon);
    epsilon = policy.epsilon;
    return policy;
  });
  const { odds } = outlook;
  const drawn = drawArm(odds, uniform);
  if (forced) {
    const propensities = oneHot(hot.arms, forced.arm);
    return { drawn, served: forced.arm, odds, propensities, epsilon, reason: forced.by };
  }
  const servedOf = hysteresisOf(db, hot, outlook, { now, evaluating: windowEpsilon > 0 });
  const { arm: served, held } = servedOf(drawn);
  const propensities = pushedThrough(odds, (one) => servedOf(one).arm);
  return {
    drawn,
    served,
    odds,
    propensities,
    epsilon,
    reason: held ?? (hot.arms.length === 1 ? 'only_preset' : 'sampled'),
  };
};
