import fc from 'fast-check';
import { expect, test } from 'vitest';
import { seriesKey } from '../series.ts';
import { isLedgerError } from './errors.ts';
import { freshDir } from './fresh.fixture.ts';
import { btc, land, versionNamed } from './ledger.fixture.ts';
import { openLedger } from './open.ts';

const hourMs = 3_600_000;
const leaseMs = 100;
const both = [0, 1] as const;
type Who = (typeof both)[number];

/** Two processes over one ledger: the time that really passes, and what each one's clocks make of it. */
const openTwo = (offsets: readonly [number, number]) => {
  const dataDir = freshDir({ inMemory: true });
  const path = `${dataDir}/manifest.sqlite`;
  const world = { passedMs: 0, offsetMs: [...offsets] as [number, number] };
  const open = (who: Who) =>
    openLedger({
      path,
      domain: 'production',
      clock: () => 1_700_000_000_000 + world.passedMs + world.offsetMs[who],
      // Forward-running clocks count from the start of their process or machine: they share no zero.
      elapsed: () => world.passedMs + 1e6 * (who + 1),
    });
  const ledgers = [open(0), open(1)] as const;
  const close = () => ledgers.forEach((ledger) => ledger.close());
  return { world, ledgers, open, dataDir, close };
};

const owner = (who: Who) => ({ workflowId: `retrain:${who}`, runId: `run-${who}` });
const request = (who: Who) => ({ ...owner(who), leaseMs, series: [seriesKey(btc)], maxAttempts: 99 });

test.each([
  [5 * hourMs, -5 * hourMs],
  [-5 * hourMs, 5 * hourMs],
])('clocks %i and %i ms off: no live lease is swept, no dead one lives on', (ahead, behind) => {
  const { world, ledgers, dataDir } = openTwo([ahead, behind]);
  const [one, other] = ledgers;
  land({ ledger: one, dataDir }, { from: 0, count: 2 });
  const { claimId } = one.claim(request(0));
  for (let renewal = 0; renewal < 5; renewal += 1) {
    world.passedMs += leaseMs - 1;
    expect(other.sweepExpiredClaims(99).claims).toEqual([]);
    one.renew({ ...owner(0), claimId, leaseMs });
  }
  world.passedMs += leaseMs - 1;
  expect(other.sweepExpiredClaims(99).claims).toEqual([]);
  world.passedMs += 1;
  expect(other.sweepExpiredClaims(99).claims).toEqual([claimId]);
  expect(() => one.renew({ ...owner(0), claimId, leaseMs })).toThrow(
    expect.objectContaining({ code: 'Fenced' }),
  );
});

test('a process that came later lags by no more than the time between a claim and its next look', () => {
  const { world, ledgers, open, dataDir } = openTwo([0, 0]);
  land({ ledger: ledgers[0], dataDir }, { from: 0, count: 2 });
  world.passedMs += 70;
  const late = open(1);
  const { claimId } = ledgers[0].claim(request(0));
  world.passedMs += 10;
  expect(late.sweepExpiredClaims(99).claims).toEqual([]);
  world.passedMs += leaseMs - 1;
  expect(late.sweepExpiredClaims(99).claims).toEqual([]);
  world.passedMs += 1;
  expect(late.sweepExpiredClaims(99).claims).toEqual([claimId]);
});

test('while nobody has the ledger open the clock pauses: a machine that was off finds its claims as they were', () => {
  const { world, ledgers, open, dataDir, close } = openTwo([0, 0]);
  land({ ledger: ledgers[0], dataDir }, { from: 0, count: 2 });
  const { claimId } = ledgers[0].claim(request(0));
  close();
  world.passedMs += 9 * hourMs;
  const [one, other] = [open(0), open(1)];
  world.passedMs += leaseMs - 1;
  one.renew({ ...owner(0), claimId, leaseMs });
  world.passedMs += leaseMs;
  expect(other.sweepExpiredClaims(99).claims).toEqual([claimId]);
});

type Event =
  | { readonly does: 'claim' | 'renew' | 'commit' | 'sweep'; readonly who: Who }
  | { readonly does: 'pass'; readonly ms: number }
  | { readonly does: 'jump'; readonly who: Who; readonly byMs: number };

const who = fc.constantFrom(...both);
const events = fc.array(
  fc.oneof(
    fc.record({ does: fc.constantFrom('claim', 'renew', 'commit', 'sweep'), who }),
    fc.record({ does: fc.constant('pass'), ms: fc.constantFrom(1, 33, 60, 100) }),
    fc.record({ does: fc.constant('jump'), who, byMs: fc.integer({ min: -9 * hourMs, max: 9 * hourMs }) }),
  ) as fc.Arbitrary<Event>,
  { minLength: 5, maxLength: 30 },
);

const codeOr = <T>(work: () => T): T | string => {
  try {
    return work();
  } catch (error) {
    if (isLedgerError(error)) return error.code;
    throw error;
  }
};

/** What every caller was answered, and where the files stand after each step. */
const lifeUnder = (skewed: boolean, story: readonly Event[]): unknown[] => {
  const two = openTwo(skewed ? [7 * hourMs, -3 * hourMs] : [0, 0]);
  const { world, ledgers, dataDir } = two;
  const claims = new Map<Who, number>();
  const act = (event: Event): unknown => {
    if (event.does === 'pass') world.passedMs += event.ms;
    if (event.does === 'jump' && skewed) world.offsetMs[event.who] += event.byMs;
    if (event.does === 'pass' || event.does === 'jump') return [];
    const ledger = ledgers[event.who];
    if (event.does === 'sweep') return ledger.sweepExpiredClaims(99);
    if (event.does === 'claim') {
      const claim = ledger.claim(request(event.who));
      if (claim.files.length > 0) claims.set(event.who, claim.claimId);
      return [claim.fence, claim.files.length];
    }
    const claimId = claims.get(event.who);
    if (claimId === undefined) return 'nothing claimed';
    const mine = { ...owner(event.who), claimId };
    if (event.does === 'renew') return codeOr(() => typeof ledger.renew({ ...mine, leaseMs }));
    const version = versionNamed(claimId);
    return codeOr(() => ledger.commitVersion({ ...mine, version, dispositions: [] }).versionId);
  };
  land({ ledger: ledgers[0], dataDir }, { from: 0, count: 2 });
  const seen = story.map((event) => [act(event), ledgers[0].fileCounts()]);
  two.close();
  return seen;
};

test('whatever the clocks of two processes show or jump to, everything comes out as with clocks that agree', () => {
  fc.assert(
    fc.property(events, (story) => {
      expect(lifeUnder(true, story)).toEqual(lifeUnder(false, story));
    }),
    { numRuns: 25 },
  );
}, 60_000);
