import { eq, inArray, sql } from 'drizzle-orm';
import type { ArmSums } from '../bandit/arm-sums.ts';
import { learn } from '../bandit/arm-sums.ts';
import type { Rate } from '../bandit/forgetting.ts';
import {
  type ArmMemory,
  afterOutcome,
  emptyMemory,
  extendMemory,
  type LearnedOutcome,
  withoutOutcome,
} from '../bandit/learner.ts';
import { fromBlob, toBlob } from './canonical.ts';
import type { Db } from './database.ts';
import { perConnection, placeholdersOf } from './per-connection.ts';
import type { Policy } from './policies.ts';
import { posteriors } from './schema.ts';

/** What an arm has learned, as of the scope's learned outcome number `memory.lastSeq`. */
export interface Posterior {
  readonly memory: ArmMemory;
  readonly outcomes: number;
  readonly rewardSum: number;
}

/** An arm as learning sees it. */
export interface Learner {
  readonly id: number;
  readonly presetId: string;
}

/** Of an arm without outcomes: empty, or the pseudo-outcomes of its warm start, which are about x = [1, 0, …, 0]. */
export const freshPosterior = (dimension: number, presetId: string, policy: Policy): Posterior => {
  const memory = emptyMemory(dimension, policy.rates);
  const warm = policy.warmStart[presetId];
  if (!warm || warm.weight === 0) return { memory, outcomes: 0, rewardSum: 0 };
  const x = new Float64Array(dimension);
  x[0] = Math.sqrt(warm.weight);
  const mean = policy.algorithm === 'beta_ts' ? (warm.mean_reward + 3) / 6 : warm.mean_reward;
  const sums = memory.sums.map((one) => learn(one, x, x[0]! * mean, 1));
  return { memory: { ...memory, sums }, outcomes: 0, rewardSum: 0 };
};

/** Beta–Thompson learns whether a reward was a gain, the others how large it was. */
export const learnedReward = (policy: Policy, reward: number): number =>
  policy.algorithm === 'beta_ts' ? Number(reward > 0) : reward;

/** The posterior after one more outcome; `reward` in deviations. */
export const learned = (posterior: Posterior, outcome: LearnedOutcome, policy: Policy): Posterior => ({
  memory: afterOutcome(
    posterior.memory,
    { ...outcome, reward: learnedReward(policy, outcome.reward) },
    policy.rates,
  ),
  outcomes: posterior.outcomes + 1,
  rewardSum: posterior.rewardSum + outcome.reward,
});

/** The posterior as if that outcome had never been. */
export const unlearned = (posterior: Posterior, outcome: LearnedOutcome, policy: Policy): Posterior => ({
  memory: withoutOutcome(
    posterior.memory,
    { ...outcome, reward: learnedReward(policy, outcome.reward) },
    policy.rates,
  ),
  outcomes: posterior.outcomes - 1,
  rewardSum: posterior.rewardSum - outcome.reward,
});

/** One after the other, a block for each speed of forgetting. */
const split = (row: typeof posteriors.$inferSelect, rates: readonly Rate[]): ArmSums[] => {
  const [gram, moment] = [fromBlob(row.gram), fromBlob(row.moment)];
  const dimension = moment.length / rates.length;
  return rates.map((_, rate) => ({
    dimension,
    gram: gram.slice(rate * dimension ** 2, (rate + 1) * dimension ** 2),
    moment: moment.slice(rate * dimension, (rate + 1) * dimension),
  }));
};

const joined = (blocks: readonly Float64Array[]): Buffer =>
  toBlob(Float64Array.from(blocks.flatMap((block) => [...block])));

export const asPosterior = (
  row: typeof posteriors.$inferSelect,
  dimension: number,
  rates: readonly Rate[],
): Posterior => ({
  memory: extendMemory({ sums: split(row, rates), lastSeq: row.lastSeq }, dimension),
  outcomes: row.outcomes,
  rewardSum: row.rewardSum,
});

/** The posteriors of the arms, in their order. */
export const readPosteriors = (
  db: Db,
  arms: readonly Learner[],
  dimension: number,
  policy: Policy,
): Posterior[] => {
  if (arms.length === 0) return [];
  const ids = arms.map(({ id }) => id);
  const rows = db.select().from(posteriors).where(inArray(posteriors.armId, ids)).all();
  const byArm = new Map(rows.map((row) => [row.armId, asPosterior(row, dimension, policy.rates)]));
  return arms.map(({ id, presetId }) => byArm.get(id) ?? freshPosterior(dimension, presetId, policy));
};

/** As `readPosteriors`, each read once for as long as `known` holds; what was learned since is in there. */
export const knownPosteriors = (
  db: Db,
  known: Map<number, Posterior>,
  { arms, dimension, policy }: { arms: readonly Learner[]; dimension: number; policy: Policy },
): Posterior[] => {
  const unread = arms.filter(({ id }) => known.get(id)?.memory.sums[0]?.dimension !== dimension);
  readPosteriors(db, unread, dimension, policy).forEach((posterior, at) =>
    known.set(unread[at]!.id, posterior),
  );
  return arms.map(({ id }) => known.get(id) as Posterior);
};

const posteriorStored = perConnection((db) => {
  const row = placeholdersOf(posteriors, '') as unknown as typeof posteriors.$inferInsert;
  const set = Object.fromEntries(
    Object.entries(placeholdersOf(posteriors, 'armId')).map(([column, value]) => [column, sql`${value}`]),
  );
  return db.insert(posteriors).values(row).onConflictDoUpdate({ target: posteriors.armId, set }).prepare();
});

/** As it is stored. */
export const posteriorRow = (
  armId: number,
  { memory, ...rest }: Posterior,
): typeof posteriors.$inferInsert => ({
  armId,
  gram: joined(memory.sums.map(({ gram }) => gram)),
  moment: joined(memory.sums.map(({ moment }) => moment)),
  lastSeq: memory.lastSeq,
  ...rest,
});

export const storePosterior = (db: Db, armId: number, posterior: Posterior): void => {
  posteriorStored(db).run(posteriorRow(armId, posterior));
};

export const dropPosterior = (db: Db, armId: number): void => {
  db.delete(posteriors).where(eq(posteriors.armId, armId)).run();
};
