import { checkDispositions } from '../../support/disposition-checker.ts';
import { checkCandles } from './candles.ts';
import { checkEngines } from './engines.ts';
import { checkOrphans } from './orphans.ts';
import { checkRegistry, checkVersions } from './registry.ts';
import { type CheckRequest, type Problem, problem, reading } from './store.ts';
import { checkWitness } from './witness.ts';

export interface Verdict {
  readonly lost: number;
  readonly doubled: number;
  readonly torn: number;
  readonly orphans: number;
  /** What does not add up in another way: a watermark that went back, sums that differ. */
  readonly wrong: number;
  /** The first of each. */
  readonly problems: readonly Problem[];
}

const shown = 40;

const verdictOf = (problems: readonly Problem[]): Verdict => {
  const count = (kind: Problem['kind']): number => problems.filter((one) => one.kind === kind).length;
  return {
    ...{ lost: count('lost'), doubled: count('doubled'), torn: count('torn') },
    ...{ orphans: count('orphan'), wrong: count('wrong'), problems: problems.slice(0, shown) },
  };
};

const addedUp = (request: CheckRequest): Problem[] =>
  request.strict ? checkDispositions(request).problems.map((what) => problem('wrong', what)) : [];

/** Everything, when the loop has come to its end; engines may still ask and report. */
export const checkAll = (request: CheckRequest): Verdict =>
  reading(request.ledgerFile, (db) =>
    verdictOf([
      ...checkCandles(db, request),
      ...addedUp(request),
      ...checkOrphans(db, request),
      ...checkRegistry(db, request),
      ...checkVersions(db, request),
      ...checkWitness(db, request),
      ...checkEngines(request),
    ]),
  );

/** What must hold at every moment, and is cheap to ask while all runs. */
export const checkNow = (request: CheckRequest): Verdict =>
  reading(request.ledgerFile, (db) => verdictOf(checkWitness(db, request)));
