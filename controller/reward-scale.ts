import { and, desc, eq, isNotNull, ne } from 'drizzle-orm';
import type { Db } from './database.ts';
import type { RewardUnit } from './outcome-report.ts';
import { memoryOf } from './per-connection.ts';
import { notReversed } from './reversals.ts';
import { outcomes } from './schema.ts';

const window = 256;
const clip = 3;
/** Median of |Z| of a standard normal: median / this estimates a deviation, whatever a few outliers say. */
const medianOfAbsoluteNormal = 0.6744897501960817;

const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] as number;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] as number) + upper) / 2;
};

/** As reported. */
interface RawReward {
  readonly reward: number;
  readonly rewardUnit: RewardUnit;
}

/** A reward in deviations, and the scale (of its unit per deviation) that made it so. */
export interface NormalReward {
  readonly reward: number;
  readonly rewardScale: number;
}

/** Deviation about zero of the rewards given; 1 where none says anything about size. */
const robustScale = (rawRewards: readonly number[]): number => {
  const sizes = rawRewards.filter((raw) => raw !== 0).map(Math.abs);
  const scale = sizes.length === 0 ? 1 : median(sizes) / medianOfAbsoluteNormal;
  return Math.max(scale, Number.MIN_VALUE);
};

/** The newest rewards of the scope in quote currency that the arms learned from and that nobody took back. */
const readRewards = (db: Db, scopeId: number): number[] =>
  db
    .select({ raw: outcomes.rawReward })
    .from(outcomes)
    .where(
      and(
        eq(outcomes.scopeId, scopeId),
        isNotNull(outcomes.learnedSeq),
        ne(outcomes.rawReward, 0),
        eq(outcomes.rewardUnit, 'quote'),
        notReversed,
      ),
    )
    .orderBy(desc(outcomes.learnedSeq))
    .limit(window)
    .all()
    .map(({ raw }) => raw);

const keyOf = (scopeId: number): string => `#rewards:${scopeId}`;

/** As `readRewards`, read once and remembered between writes. */
const recentRewards = (db: Db, scopeId: number): number[] => {
  const memory = memoryOf(db);
  const known = (memory.get(keyOf(scopeId)) as number[] | undefined) ?? readRewards(db, scopeId);
  memory.set(keyOf(scopeId), known);
  return known;
};

/** To be told of every reward that was learned. */
export const noteReward = (db: Db, scopeId: number, { reward: rawReward, rewardUnit }: RawReward): void => {
  if (rewardUnit !== 'quote') return;
  const known = memoryOf(db).get(keyOf(scopeId)) as number[] | undefined;
  if (known && rawReward !== 0) memoryOf(db).set(keyOf(scopeId), [rawReward, ...known].slice(0, window));
};

/** To be called when an outcome is taken back. */
export const forgetRewards = (db: Db, scopeId: number): void => void memoryOf(db).delete(keyOf(scopeId));

/**
 * Deviations of this strategy on this instrument, clipped to ±3. A reward in quote currency counts towards the scale; one in
 * R is in deviations already.
 */
export const normaliseReward = (
  db: Db,
  scopeId: number,
  { reward: rawReward, rewardUnit }: RawReward,
): NormalReward => {
  const rewardScale = rewardUnit === 'r' ? 1 : robustScale([rawReward, ...recentRewards(db, scopeId)]);
  return { rewardScale, reward: Math.max(-clip, Math.min(clip, rawReward / rewardScale)) };
};
