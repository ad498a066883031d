/**
 * Random sequences of what ingests, runs, activities, Temporal, operators and the janitor do, against a ledger and
 * against a model in memory that is plain enough to be believed. After each step both must agree on every file and
 * every answer. A failure prints its seed and path: MODEL_SEED and MODEL_PATH run it again, without shrinking.
 */
import fc from 'fast-check';
import { test } from 'vitest';
import { openFresh } from './fresh.fixture.ts';
import {
  advanceStep,
  archiveStep,
  commitStep,
  deleteStep,
  lineageStep,
  promoteStep,
  pruneStep,
  quarantineStep,
  registerStep,
  rollbackStep,
} from './model/more-steps.fixture.ts';
import { emptyLedger } from './model/plain-claims.fixture.ts';
import {
  agree,
  allSeries,
  claimStep,
  giveBackStep,
  holdStep,
  jumpStep,
  type Real,
  type Step,
  sweepStep,
  waitStep,
} from './model/steps.fixture.ts';

const workflows = ['retrain:a', 'retrain:b'] as const;
const runs = ['r1', 'r2', 'r3'] as const;

const series = fc.constantFrom(...allSeries);
const workflow = fc.constantFrom(...workflows);
const run = fc.constantFrom(...runs);
const back = fc.nat({ max: 2 });
const actor = fc.tuple(back, workflow, run);
const nth = fc.nat({ max: 30 });
const honesty = fc.constantFrom('honest', 'honest', 'trains twice', 'from another head' as const);
const against = fc.constantFrom('the champion', 'whatever', 'another' as const);

const often = (arbitrary: fc.Arbitrary<Step>) => ({ weight: 3, arbitrary });
const rarely = (arbitrary: fc.Arbitrary<Step>) => ({ weight: 1, arbitrary });

const step = fc.oneof(
  often(
    fc
      .tuple(series, fc.integer({ min: 1, max: 3 }), fc.constantFrom(0, 0, 0, 1, 2), fc.nat({ max: 1 }))
      .map((args) => registerStep(...args)),
  ),
  often(fc.tuple(workflow, run).map((args) => claimStep(...args))),
  often(fc.tuple(actor, fc.boolean()).map(([[b, w, r], quiet]) => holdStep(b, w, r, quiet))),
  often(
    fc
      .tuple(actor, fc.boolean(), fc.boolean())
      .map(([[b, w, r], failed, only]) => giveBackStep(b, w, r, failed, only)),
  ),
  {
    weight: 5,
    arbitrary: fc
      .tuple(actor, fc.boolean(), honesty)
      .map(([[b, w, r], only, h]) => commitStep(b, w, r, only, h)),
  },
  often(fc.constantFrom(10, 60, 100).map(waitStep)),
  often(fc.constant(sweepStep)),
  rarely(fc.constant(jumpStep)),
  rarely(
    fc
      .tuple(series, fc.constantFrom(0, 0, -1, 1), fc.integer({ min: -1, max: 2 }))
      .map((args) => advanceStep(...args)),
  ),
  rarely(fc.tuple(nth, back, fc.boolean()).map((args) => quarantineStep(...args))),
  rarely(series.map(lineageStep)),
  rarely(nth.map(archiveStep)),
  rarely(nth.map(deleteStep)),
  rarely(fc.tuple(back, fc.nat({ max: 9 }), against).map((args) => promoteStep(...args))),
  rarely(fc.nat({ max: 9 }).map(rollbackStep)),
  rarely(back.map(pruneStep)),
);

const numRuns = process.env['AUTOTRAIN_TESTS'] === 'full' ? 2_000 : 150;

const replay = () => {
  const { MODEL_SEED: seed, MODEL_PATH: path } = process.env;
  return { ...(seed && { seed: Number(seed), endOnFailure: true }), ...(path && { path }) };
};

const live = (steps: readonly Step[]): void => {
  const there = openFresh({ inMemory: true });
  const model = emptyLedger(there.clock.now);
  const real: Real = { there, claimIds: [], fence: 0 };
  for (const { run } of steps) {
    run(model, real);
    agree(model, real);
  }
  there.ledger.close();
};

test(
  'the ledger and a plain model agree after every step of random histories',
  () => {
    fc.assert(fc.property(fc.array(step, { minLength: 10, maxLength: 40, size: 'max' }), live), {
      numRuns,
      ...replay(),
    });
  },
  numRuns * 5_000,
);
