import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Timeframe, timeframesMs } from '../../series.ts';
import { sortedLatest } from '../candle-rows.ts';
import { decimalsOf } from '../decimal.ts';
import type { Candle } from '../exchange.ts';
import { aggregate, finerTimeframe } from './aggregate.ts';
import { parseReplayName, type RejectedRow, type ReplayFile, readReplayFile } from './replay-file.ts';
import { type CandleSource, type SimSymbol, selectRange } from './source.ts';
import { splitSymbol } from './symbols.ts';

const listFiles = (folder: string): ReplayFile[] => {
  const files = readdirSync(folder)
    .sort()
    .flatMap((name) => {
      const parsed = parseReplayName(name);
      return parsed ? [{ ...parsed, name, path: join(folder, name) }] : [];
    });
  if (files.length > 0) return files;
  throw new Error(`${folder} holds no candle file named <exchange>_<SYMBOL>_<timeframe>[_anything].csv[.gz]`);
};

/** One symbol's candles by timeframe, each read when it is first asked for. */
type History = (timeframe: Timeframe) => readonly Candle[];

/** Longer candles, without the last when the shorter ones end inside it: it would look closed and is not. */
const wholeSpans = (shorter: readonly Candle[], shorterMs: number, longerMs: number): Candle[] => {
  const endMs = (shorter.at(-1)?.[0] ?? 0) + shorterMs;
  return aggregate(shorter, longerMs).filter(([openTimeMs]) => openTimeMs + longerMs <= endMs);
};

/** Files of one symbol and timeframe continue each other; where they overlap, the later name wins. */
const openHistory = (files: readonly ReplayFile[], rejected: RejectedRow[]): History => {
  const stored = [...new Set(files.map(({ timeframe }) => timeframe))];
  const known = new Map<Timeframe, readonly Candle[]>();

  const readStored = (timeframe: Timeframe): Candle[] => {
    const read = files.filter((file) => file.timeframe === timeframe).map(readReplayFile);
    rejected.push(...read.flatMap((file) => file.rejected));
    return sortedLatest(read.flatMap((file) => file.candles));
  };

  const make = (timeframe: Timeframe): readonly Candle[] => {
    const finer = finerTimeframe(stored, timeframe);
    if (finer === timeframe) return readStored(timeframe);
    return finer ? wholeSpans(candles(finer), timeframesMs[finer], timeframesMs[timeframe]) : [];
  };

  const candles = (timeframe: Timeframe): readonly Candle[] => {
    const made = known.get(timeframe) ?? make(timeframe);
    known.set(timeframe, made);
    return made;
  };

  return candles;
};

const mostDecimals = (candles: readonly Candle[], columns: readonly (1 | 2 | 3 | 4 | 5)[]): number => {
  let most = 0;
  for (const candle of candles) {
    for (const column of columns) most = Math.max(most, decimalsOf(candle[column]));
  }
  return most;
};

const describe = (id: string, candles: readonly Candle[]): SimSymbol => ({
  id,
  ...splitSymbol(id),
  priceDecimals: mostDecimals(candles, [1, 2, 3, 4]),
  volumeDecimals: mostDecimals(candles, [5]),
});

const openHistories = (files: readonly ReplayFile[], rejected: RejectedRow[]): Map<string, History> =>
  new Map(
    files.map(({ symbol }) => [
      symbol,
      openHistory(
        files.filter((file) => file.symbol === symbol),
        rejected,
      ),
    ]),
  );

const firstReason = ([first]: readonly RejectedRow[]): string =>
  first ? `: line ${first.line} of ${first.file}: ${first.reason}` : '';

/**
 * Real history out of a folder of `<exchange>_<SYMBOL>_<timeframe>[_anything].csv[.gz]`.
 * The clock starts when the last candle of `timeframe` closes, over all symbols that have it or can make it of shorter
 * candles, or at `untilMs` when that is earlier. Rows that are no candles are left out and listed in `rejected`.
 * Throws when the folder has no such candles.
 */
export const replaySource = ({
  folder,
  timeframe,
  untilMs = Number.POSITIVE_INFINITY,
}: {
  folder: string;
  timeframe: Timeframe;
  untilMs?: number;
}): CandleSource & { readonly rejected: readonly RejectedRow[] } => {
  const rejected: RejectedRow[] = [];
  const histories = openHistories(listFiles(folder), rejected);
  const main = [...histories].map(([id, history]) => ({ id, candles: history(timeframe) }));
  const filled = main.filter(({ candles }) => candles.length > 0);
  if (filled.length === 0)
    throw new Error(`${folder} holds no candles for ${timeframe}${firstReason(rejected)}`);
  const endMs = Math.max(...filled.map(({ candles }) => candles.at(-1)?.[0] ?? 0)) + timeframesMs[timeframe];
  const firstMs = Math.min(...filled.map(({ candles }) => candles[0]?.[0] ?? endMs));
  if (untilMs <= firstMs)
    throw new Error(`the replay ends at ${untilMs}, before its first candle at ${firstMs}`);
  return {
    symbols: main.map(({ id, candles }) => describe(id, candles)),
    startMs: Math.min(endMs, untilMs),
    firstMs,
    endMs,
    rejected,
    candles: (range) => {
      const candles = histories.get(range.symbol)?.(range.timeframe) ?? [];
      const [from, to] = selectRange(candles.length, (index) => (candles[index] as Candle)[0], range);
      return candles.slice(from, to);
    },
  };
};
