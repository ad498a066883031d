import fc from 'fast-check';
import { expect, it } from 'vitest';
import { isRemoved, removedValues } from '../../ledger/candle-columns.ts';
import type { OpenTimeRange } from '../../registry/model-file.ts';
import { type ClaimedFile, classify } from './classify.ts';
import { appendRanges, isInside, runsOf } from './ranges.ts';

const minute = 60_000;

/** A delivery: candles `from` … `from + length`, each of one of two copies or a tombstone, some of them missing. */
const delivery = fc.record({
  from: fc.integer({ min: 0, max: 60 }),
  bars: fc.array(fc.constantFrom<'missing' | 'removed' | 0 | 1>('missing', 'removed', 0, 1), {
    minLength: 1,
    maxLength: 20,
  }),
});

type Delivery = typeof delivery extends fc.Arbitrary<infer T> ? T : never;

const fileOf = ({ from, bars }: Delivery, name: string): ClaimedFile => {
  const there = bars.flatMap((copy, i) => (copy === 'missing' ? [] : [{ time: (from + i) * minute, copy }]));
  return {
    fileId: name,
    openTimeMs: Float64Array.from(there, ({ time }) => time),
    ohlcv: Float64Array.from(
      there.flatMap(({ time, copy }) =>
        copy === 'removed' ? [...removedValues()] : [1, 2, 1, 1 + copy / 2, time],
      ),
    ),
  };
};

const timesOf = ({ fromMs, toMs }: OpenTimeRange): number[] =>
  Array.from({ length: (toMs - fromMs) / minute + 1 }, (_, i) => fromMs + i * minute);

it('over any claims of any deliveries each candle of a file has one disposition, and none is trained twice', () => {
  fc.assert(
    fc.property(fc.array(fc.array(delivery, { minLength: 1, maxLength: 4 }), { maxLength: 5 }), (claims) => {
      let trainedRanges: readonly OpenTimeRange[] = [];
      const stored = new Map<number, Float64Array>();
      claims.forEach((deliveries, round) => {
        const files = deliveries.map((one, i) => fileOf(one, `${round}/${i}`));
        const past = { trainedRanges, timeframeMs: minute, storedCopy: (time: number) => stored.get(time) };
        const { columns, dispositions } = classify(files, past);
        for (const file of files) {
          const told = dispositions.filter(({ fileId }) => fileId === file.fileId).flatMap(timesOf);
          expect(told.sort((a, b) => a - b)).toEqual([...file.openTimeMs]);
        }
        const trained = dispositions.filter(({ kind }) => kind === 'trained').flatMap(timesOf);
        expect(trained.sort((a, b) => a - b)).toEqual([...columns.openTimeMs]);
        expect(trained.some((time) => isInside(past.trainedRanges, time))).toBe(false);
        const last = new Map(
          files.flatMap(({ openTimeMs, ohlcv }) =>
            [...openTimeMs].map((time, i) => [time, ohlcv.subarray(i * 5, i * 5 + 5)] as const),
          ),
        );
        const every = [...last].filter(([, values]) => !isRemoved(values)).map(([time]) => time);
        const newest = trainedRanges.at(-1)?.toMs ?? -1;
        expect(new Set(trained)).toEqual(new Set(every.filter((time) => time > newest)));
        trainedRanges = appendRanges(trainedRanges, runsOf(columns.openTimeMs, minute), minute);
        const gone = dispositions.filter(({ kind }) => kind === 'removed').flatMap(timesOf);
        expect(gone.some((time) => isInside(trainedRanges, time))).toBe(false);
        for (const [time, values] of last) stored.set(time, values);
      });
    }),
    { numRuns: 300 },
  );
});
