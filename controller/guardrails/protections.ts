import { and, desc, eq, gt, isNotNull } from 'drizzle-orm';
import type { Db } from '../database.ts';
import type { ReadyScope } from '../ready-scope.ts';
import { notReversed } from '../reversals.ts';
import { locks, outcomes } from '../schema.ts';
import { lockTarget } from './locks.ts';
import { targetOfScope } from './targets.ts';

const minuteMs = 60_000;

/** When this protection last let the scope go on: what came before it has been answered for. */
const answeredFor = (db: Db, target: string, protection: string): number =>
  db
    .select({ createdAt: locks.createdAt })
    .from(locks)
    .where(and(eq(locks.target, target), eq(locks.protection, protection)))
    .orderBy(desc(locks.id))
    .limit(1)
    .get()?.createdAt ?? 0;

/** The newest learned rewards of a scope since a time that nobody took back, in deviations, newest first. */
const newestRewards = (db: Db, scopeId: number, since: number, count: number): number[] =>
  db
    .select({ reward: outcomes.reward })
    .from(outcomes)
    .where(
      and(
        eq(outcomes.scopeId, scopeId),
        isNotNull(outcomes.learnedSeq),
        gt(outcomes.createdAt, since),
        notReversed,
      ),
    )
    .orderBy(desc(outcomes.learnedSeq))
    .limit(count)
    .all()
    .map(({ reward }) => reward);

/** After a learned outcome: consecutive losses and low profit lock the strategy on this instrument for their time. */
export const protectAfterOutcome = (db: Db, { hot, now }: ReadyScope): void => {
  const { consecutive_losses: losses, low_profit: profit } = hot.schema?.guardrails.protections ?? {};
  const target = targetOfScope(hot.row);
  const rewardsSince = (protection: string, count: number): number[] =>
    newestRewards(db, hot.row.id, answeredFor(db, target, protection), count);
  if (losses) {
    const rewards = rewardsSince('consecutive_losses', losses.count);
    if (rewards.length === losses.count && rewards.every((reward) => reward < 0)) {
      const reason = `${losses.count} losses in a row`;
      const until = now + losses.lock_minutes * minuteMs;
      lockTarget(db, { target, protection: 'consecutive_losses', reason, until }, now);
    }
  }
  if (profit) {
    const rewards = rewardsSince('low_profit', profit.outcomes);
    const mean = rewards.reduce((sum, reward) => sum + reward, 0) / rewards.length;
    if (rewards.length === profit.outcomes && mean < profit.min_mean) {
      const reason = `the last ${profit.outcomes} outcomes earned ${mean.toFixed(2)} deviations on average, at least ${profit.min_mean} is asked`;
      const until = now + profit.lock_minutes * minuteMs;
      lockTarget(db, { target, protection: 'low_profit', reason, until }, now);
    }
  }
};
