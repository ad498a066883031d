import { existsSync } from 'node:fs';
import type { Sqlite } from '../../../sqlite.ts';
import { all, type CheckRequest, notes, type Problem, problem, reading } from './store.ts';

interface Promise_ {
  readonly decision: string;
  readonly outcome?: string;
  readonly reward?: number;
}

interface Outcome {
  readonly key: string;
  readonly decision: string;
  readonly raw_reward: number;
}

const checkPromises = (db: Sqlite.Database, promised: readonly Promise_[]): Problem[] => {
  const decisions = new Set(db.prepare('select decision_id from decisions').pluck().all() as string[]);
  const stored = all<Outcome>(
    db,
    `select idempotency_key as key, raw_reward, (select decision_id from decisions where seq = decision_seq) as decision
     from outcomes where idempotency_key is not null`,
  );
  const byKey = new Map(stored.map((row) => [row.key, row]));
  return promised.flatMap(({ decision, outcome, reward }) => {
    if (!decisions.has(decision)) return [problem('lost', `the decision ${decision} was answered`)];
    if (outcome === undefined) return [];
    const row = byKey.get(`outcome:${outcome}`);
    if (row?.decision === decision && row.raw_reward === reward) return [];
    return [problem('lost', `the outcome ${outcome} of ${decision} was acknowledged`)];
  });
};

interface Arm {
  readonly arm: number;
  readonly outcomes: number;
  readonly rewardSum: number;
}

const learnedByArm = `select arm_id as arm, count(*) as outcomes, sum(reward) as rewardSum from outcomes
  where learned_seq is not null and reverses is null group by arm_id`;

const knownByArm = 'select arm_id as arm, outcomes, reward_sum as rewardSum from posteriors';

/** What the arms know is what the outcomes add up to; each outcome was learned under a number of its own. */
const checkSums = (db: Sqlite.Database): Problem[] => {
  const known = new Map(all<Arm>(db, knownByArm).map((row) => [row.arm, row]));
  const sums = all<Arm>(db, learnedByArm).flatMap(({ arm, outcomes, rewardSum }) => {
    const found = known.get(arm);
    if (found?.outcomes === outcomes && Math.abs(found.rewardSum - rewardSum) < 1e-9 * Math.max(1, outcomes))
      return [];
    const kind = (found?.outcomes ?? 0) > outcomes ? 'doubled' : 'lost';
    return [problem(kind, `arm ${arm} knows ${found?.outcomes} outcomes, ${outcomes} are on record`)];
  });
  const scopes = all<{ id: number; learned_count: number; n: number; last: number | null }>(
    db,
    `select id, learned_count, (select count(distinct learned_seq) from outcomes where scope_id = scopes.id) as n,
     (select max(learned_seq) from outcomes where scope_id = scopes.id) as last from scopes`,
  );
  const counts = scopes
    .filter(({ learned_count: count, n, last }) => count !== n || count !== (last ?? 0))
    .map(({ id, learned_count: count, n }) =>
      problem('wrong', `scope ${id} learned ${count} outcomes, ${n} are numbered`),
    );
  return [...sums, ...counts];
};

/** Every acknowledged decision and outcome is on record, once, and was learned once. */
export const checkEngines = ({ controllerFile, promised }: CheckRequest): Problem[] =>
  existsSync(controllerFile)
    ? reading(controllerFile, (db) => [...checkPromises(db, notes<Promise_>(promised)), ...checkSums(db)])
    : [];
