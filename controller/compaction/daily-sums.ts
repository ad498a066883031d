import { type SQL, sql } from 'drizzle-orm';
import type { Db } from '../database.ts';

/** Numbers of the rows that go, as a JSON array: one parameter however many they are. */
export const among = (seqs: readonly number[]): SQL =>
  sql`(select value from json_each(${JSON.stringify(seqs)}))`;

const day = sql`date(created_at / 1000, 'unixepoch')`;

/** Adds decisions to the sums of their days. */
export const sumDecisions = (db: Db, seqs: readonly number[]): void =>
  void db.run(sql`
    insert into daily_sums (scope_id, arm_id, day, decisions, rewarded, voided, forced, propensity_sum)
    select scope_id, arm_id, ${day}, count(*), sum(state = 'rewarded'), sum(state = 'voided'),
      sum(forced_by is not null), sum(propensity)
    from decisions where seq in ${among(seqs)} group by 1, 2, 3
    on conflict (scope_id, arm_id, day) do update set
      decisions = decisions + excluded.decisions, rewarded = rewarded + excluded.rewarded,
      voided = voided + excluded.voided, forced = forced + excluded.forced,
      propensity_sum = propensity_sum + excluded.propensity_sum`);

/** Adds outcomes to the sums of their days, raw rewards where they are in quote currency; one that takes another back counts against it, on its own day. */
export const sumOutcomes = (db: Db, seqs: readonly number[]): void =>
  void db.run(sql`
    insert into daily_sums (scope_id, arm_id, day, outcomes, raw_reward_sum, reward_sum)
    select scope_id, arm_id, ${day}, sum(case when reverses is null then 1 else -1 end),
      sum(iif(reward_unit = 'quote', raw_reward, 0)), sum(reward)
    from outcomes where seq in ${among(seqs)} group by 1, 2, 3
    on conflict (scope_id, arm_id, day) do update set
      outcomes = outcomes + excluded.outcomes,
      raw_reward_sum = raw_reward_sum + excluded.raw_reward_sum,
      reward_sum = reward_sum + excluded.reward_sum`);
