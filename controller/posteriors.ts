import { eq, inArray } from 'drizzle-orm';
import { type ArmSums, emptySums, extendSums, learn, remaining } from '../bandit/arm-sums.ts';
import { fromBlob, toBlob } from './canonical.ts';
import type { Db } from './database.ts';
import { posteriors } from './schema.ts';

/** What an arm has learned, as of the scope's learned outcome number lastSeq. */
export interface Posterior {
  readonly sums: ArmSums;
  readonly lastSeq: number;
  readonly outcomes: number;
  readonly rewardSum: number;
}

/** An outcome as the mathematics sees it. */
export interface LearnedOutcome {
  readonly x: Float64Array;
  readonly reward: number;
  readonly learnedSeq: number;
}

export const emptyPosterior = (dimension: number): Posterior => ({
  sums: emptySums(dimension),
  lastSeq: 0,
  outcomes: 0,
  rewardSum: 0,
});

/** The posterior after one more outcome; what it knew before fades by the outcomes that the scope learned since. */
export const learned = (
  posterior: Posterior,
  { x, reward, learnedSeq }: LearnedOutcome,
  halfLife: number,
): Posterior => ({
  sums: learn(
    extendSums(posterior.sums, x.length),
    x,
    reward,
    remaining(learnedSeq - posterior.lastSeq, halfLife),
  ),
  lastSeq: learnedSeq,
  outcomes: posterior.outcomes + 1,
  rewardSum: posterior.rewardSum + reward,
});

const asPosterior = (row: typeof posteriors.$inferSelect, dimension: number): Posterior => {
  const moment = fromBlob(row.moment);
  const sums: ArmSums = { dimension: moment.length, gram: fromBlob(row.gram), moment };
  return {
    sums: extendSums(sums, dimension),
    lastSeq: row.lastSeq,
    outcomes: row.outcomes,
    rewardSum: row.rewardSum,
  };
};

/** The posteriors of the arms, in their order; an arm without outcomes has an empty one. */
export const readPosteriors = (db: Db, armIds: readonly number[], dimension: number): Posterior[] => {
  if (armIds.length === 0) return [];
  const rows = db
    .select()
    .from(posteriors)
    .where(inArray(posteriors.armId, [...armIds]))
    .all();
  const byArm = new Map(rows.map((row) => [row.armId, asPosterior(row, dimension)]));
  return armIds.map((armId) => byArm.get(armId) ?? emptyPosterior(dimension));
};

/** As `readPosteriors`, each read once for as long as `known` holds; what was learned since is in there. */
export const knownPosteriors = (
  db: Db,
  known: Map<number, Posterior>,
  armIds: readonly number[],
  dimension: number,
): Posterior[] => {
  const unread = armIds.filter((armId) => known.get(armId)?.sums.dimension !== dimension);
  readPosteriors(db, unread, dimension).forEach((posterior, at) =>
    known.set(unread[at] as number, posterior),
  );
  return armIds.map((armId) => known.get(armId) as Posterior);
};

export const storePosterior = (db: Db, armId: number, { sums, ...rest }: Posterior): void => {
  const row = { gram: toBlob(sums.gram), moment: toBlob(sums.moment), ...rest };
  db.insert(posteriors)
    .values({ armId, ...row })
    .onConflictDoUpdate({ target: posteriors.armId, set: row })
    .run();
};

export const dropPosterior = (db: Db, armId: number): void => {
  db.delete(posteriors).where(eq(posteriors.armId, armId)).run();
};
