import { LedgerError } from '../errors.ts';

const refuse = (name: string, reason: string): never => {
  throw new LedgerError('CandleFileCorrupt', `${name}: ${reason}`);
};

/** How often each step between different times that follow each other occurs. */
const stepsOf = (times: readonly number[]): Map<number, number> => {
  const ascending = Float64Array.from(times).sort();
  const steps = new Map<number, number>();
  for (let at = 1; at < ascending.length; at += 1) {
    const step = ascending[at]! - ascending[at - 1]!;
    if (step > 0) steps.set(step, (steps.get(step) ?? 0) + 1);
  }
  return steps;
};

/** Fewer steps or times than this prove nothing: they may as well be gaps, or single bad rows. */
const leastEvidence = 3;

const requireNotFiner = (onGrid: number, offGrid: number, name: string, timeframe: string): void => {
  const isProven = onGrid === 0 ? offGrid > 0 : offGrid >= onGrid && onGrid + offGrid > leastEvidence;
  if (isProven)
    refuse(name, `${offGrid} of its ${offGrid + onGrid} times lie between two candles of ${timeframe}`);
};

const requireNotCoarser = (times: readonly number[], timeframeMs: number, name: string): void => {
  const steps = stepsOf(times);
  if (steps.has(timeframeMs)) return;
  const all = [...steps.values()].reduce((total, count) => total + count, 0);
  const [step, count] = [...steps].sort((one, other) => other[1] - one[1])[0] ?? [0, 0];
  if (all < leastEvidence || 2 * count <= all) return;
  refuse(name, `its candles are ${step / 60_000} minutes apart, none of them ${timeframeMs / 60_000}`);
};

/**
 * Refuses a file of another timeframe. Finer: as many of its times lie between two candles as on one, or more. Coarser:
 * no two of its candles follow each other, and most are one larger step apart. `times` are those on the grid, of all rows,
 * whatever their values are.
 */
export const requireTimeframe = (
  times: readonly number[],
  offGrid: number,
  { name, timeframe, timeframeMs }: { name: string; timeframe: string; timeframeMs: number },
): void => {
  requireNotFiner(times.length, offGrid, name, timeframe);
  requireNotCoarser(times, timeframeMs, name);
};
