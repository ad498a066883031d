import { describe, expect, it } from 'vitest';
import { type ClaimedFile, classify, type Past } from './classify.ts';

const minute = 60_000;

/** Candle t of a copy: its close tells copies apart. */
const file = (fileId: string, times: readonly number[], copy = 0): ClaimedFile => ({
  fileId,
  openTimeMs: Float64Array.from(times, (t) => t * minute),
  ohlcv: Float64Array.from(times.flatMap((t) => [100, 101, 99, 100 + t / 100 + copy / 1000, 5])),
});

const tombstones = (fileId: string, times: readonly number[]): ClaimedFile => ({
  ...file(fileId, times),
  ohlcv: new Float64Array(times.length * 5).fill(Number.NaN),
});

const past = (trained: readonly (readonly [number, number])[], stored: readonly ClaimedFile[] = []): Past => {
  const copies = new Map(
    stored.flatMap((one) =>
      Array.from(one.openTimeMs, (time, i) => [time, one.ohlcv.subarray(i * 5, i * 5 + 5)] as const),
    ),
  );
  return {
    timeframeMs: minute,
    trainedRanges: trained.map(([from, to]) => ({ fromMs: from * minute, toMs: to * minute })),
    storedCopy: (time) => copies.get(time),
  };
};

/** `file kind from-to`, in minutes. */
const told = (files: readonly ClaimedFile[], before: Past): string[] =>
  classify(files, before).dispositions.map(({ fileId, kind, fromMs, toMs, candles }) => {
    expect(candles).toBe((toMs - fromMs) / minute + 1);
    return `${fileId} ${kind} ${fromMs / minute}-${toMs / minute}`;
  });

describe('classify', () => {
  it('trains on everything before genesis, in runs that hold no missing candle', () => {
    const files = [file('a', [1, 2, 3, 7, 8]), file('b', [9])];
    expect(told(files, past([]))).toEqual(['a trained 1-3', 'a trained 7-8', 'b trained 9-9']);
    expect([...classify(files, past([])).columns.openTimeMs]).toEqual(
      [1, 2, 3, 7, 8, 9].map((t) => t * minute),
    );
  });

  it('of an overlap the copy that was fetched last is trained, the earlier ones are duplicates, equal or not', () => {
    const files = [file('a', [1, 2, 3, 4]), file('b', [3], 0), file('c', [4, 5], 1)];
    expect(told(files, past([]))).toEqual([
      'a trained 1-2',
      'a duplicate 3-4',
      'b trained 3-3',
      'c trained 4-5',
    ]);
    expect(classify(files, past([])).columns.close[3]).toBeCloseTo(100.041, 9);
  });

  it('what was trained on is never trained again: delivered twice, corrected later, or older than it all', () => {
    const stored = [file('old', [5, 6, 7, 9])];
    const before = past(
      [
        [5, 7],
        [9, 9],
      ],
      stored,
    );
    const files = [file('a', [3, 4, 5, 6]), file('b', [6, 7, 8, 9, 10], 1), file('c', [6], 1)];
    expect(told(files, before)).toEqual([
      'a skipped_late 3-4',
      'a duplicate 5-6',
      'b trained 10-10',
      'b corrected_late 6-7',
      'b corrected_late 9-9',
      'b skipped_late 8-8',
      'c duplicate 6-6',
    ]);
    expect([...classify(files, before).columns.openTimeMs]).toEqual([10 * minute]);
  });

  it('never trains a candle that was removed before; of one that came back it trains the copy that came back', () => {
    const files = [file('a', [1, 2, 3, 4]), tombstones('b', [2, 3]), file('c', [3], 1)];
    expect(told(files, past([]))).toEqual([
      'a trained 1-1',
      'a trained 4-4',
      'a duplicate 3-3',
      'a removed 2-2',
      'b duplicate 3-3',
      'b removed 2-2',
      'c trained 3-3',
    ]);
    expect([...classify(files, past([])).columns.openTimeMs]).toEqual([1, 3, 4].map((t) => t * minute));
  });

  it('counts the removal of a trained candle as a correction that came too late', () => {
    const before = past([[5, 7]], [file('old', [5, 6, 7])]);
    const files = [tombstones('a', [4, 6]), tombstones('b', [6]), file('c', [6], 1)];
    expect(told(files, before)).toEqual([
      'a corrected_late 6-6',
      'a skipped_late 4-4',
      'b duplicate 6-6',
      'c corrected_late 6-6',
    ]);
  });

  it('counts a late copy as a correction when no stored copy says that it is none', () => {
    expect(told([file('a', [5])], past([[5, 7]]))).toEqual(['a corrected_late 5-5']);
  });
});
