import fc from 'fast-check';
import { expect, test } from 'vitest';
import { archive, correct, processWaiting, type There } from './archive.fixture.ts';
import { newestCandles } from './candle-store.ts';
import { openFresh } from './fresh.fixture.ts';
import { btc, Crash, candle, crashAt, land } from './ledger.fixture.ts';
import { removeOrphans } from './orphans.ts';

const crashPoints = [
  'month:unsynced',
  'month:written',
  'month:renamed',
  'month:synced',
  'archive:written',
  'archive:marked',
  'archive:deleted',
  'archive:unlinked',
] as const;

const action = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('land' as const), count: fc.integer({ min: 1, max: 300 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('correct' as const),
      back: fc.nat(300),
      count: fc.integer({ min: 1, max: 5 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('process' as const) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('archive' as const),
      deleteAfterProcess: fc.boolean(),
      crash: fc.option(fc.tuple(fc.constantFrom(...crashPoints), fc.integer({ min: 1, max: 2 })), {
        nil: undefined,
      }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('janitor' as const) }) },
);

const archiveOrCrash = (
  there: There,
  deleteAfterProcess: boolean,
  crash: readonly [string, number] | undefined,
) => {
  try {
    archive(there, { deleteAfterProcess, archiveDays: 1e6, ...(crash && { crash: crashAt(...crash) }) });
  } catch (error) {
    if (!(error instanceof Crash)) throw error;
  }
};

test('whatever is landed, corrected, archived or crashed: serving sees the latest copy of every candle', () => {
  fc.assert(
    fc.property(fc.array(action, { minLength: 4, maxLength: 14 }), (actions) => {
      const there = openFresh();
      const latest = new Map<number, number>();
      let [end, fetchedAt] = [0, 0];
      const stored = (from: number, count: number, copy: number) => {
        for (let at = from; at < from + count; at += 1) latest.set(at, Number(candle(at, copy)[4]));
      };
      for (const step of actions) {
        fetchedAt += 1;
        if (step.do === 'land') {
          land(there, { from: end, count: step.count, fetchedAt });
          stored(end, step.count, 0);
          end += step.count;
        } else if (step.do === 'correct' && end > 0) {
          const from = Math.max(0, end - 1 - step.back);
          const count = Math.min(step.count, end - from);
          correct(there, from, count, fetchedAt, fetchedAt);
          stored(from, count, fetchedAt);
        } else if (step.do === 'process') processWaiting(there);
        else if (step.do === 'archive') archiveOrCrash(there, step.deleteAfterProcess, step.crash);
        else if (step.do === 'janitor') removeOrphans({ ...there, olderThanMs: 0 });
      }
      const served = newestCandles({ ...there, series: btc, count: end + 1 });
      expect([...served.close]).toEqual(Array.from({ length: end }, (_, at) => latest.get(at)));
      there.ledger.close();
    }),
    { numRuns: 40 },
  );
}, 60_000);
