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

type History = Map<Timeframe, readonly Candle[]>;

const listFiles = (folder: string): ReplayFile[] =>
  readdirSync(folder)
    .sort()
    .flatMap((name) => {
      const parsed = parseReplayName(name);
      return parsed ? [{ ...parsed, name, path: join(folder, name) }] : [];
    });

/** Files of one symbol and timeframe continue each other; where they overlap, the later name wins. */
const readHistories = (files: readonly ReplayFile[], rejected: RejectedRow[]): Map<string, History> => {
  const histories = new Map<string, History>();
  for (const file of files) {
    const read = readReplayFile(file);
    rejected.push(...read.rejected);
    const history = histories.get(file.symbol) ?? new Map();
    histories.set(file.symbol, history);
    history.set(file.timeframe, sortedLatest([...(history.get(file.timeframe) ?? []), ...read.candles]));
  }
  return histories;
};

const mostDecimals = (history: History, columns: readonly (1 | 2 | 3 | 4 | 5)[]): number => {
  let most = 0;
  for (const candles of history.values()) {
    for (const candle of candles) {
      for (const column of columns) most = Math.max(most, decimalsOf(candle[column]));
    }
  }
  return most;
};

const describe = (id: string, history: History): SimSymbol => ({
  id,
  ...splitSymbol(id),
  priceDecimals: mostDecimals(history, [1, 2, 3, 4]),
  volumeDecimals: mostDecimals(history, [5]),
});

const closeOfLast = (histories: Iterable<History>, asked: Timeframe | undefined): number => {
  const closes = [...histories].flatMap((history) =>
    [...history]
      .filter(
        ([timeframe]) => asked === undefined || timeframe === finerTimeframe([...history.keys()], asked),
      )
      .flatMap(([timeframe, candles]) =>
        candles.slice(-1).map(([openTimeMs]) => openTimeMs + timeframesMs[timeframe]),
      ),
  );
  return Math.max(...closes);
};

const opensFirst = (histories: Iterable<History>): number =>
  Math.min(
    ...[...histories].flatMap((history) => [...history.values()].flatMap((candles) => candles[0]?.[0] ?? [])),
  );

/** Candles of `timeframe`, aggregated once from the longest stored timeframe that divides it. */
const candlesOf = (history: History | undefined, timeframe: Timeframe): readonly Candle[] => {
  const stored = history?.get(timeframe);
  if (!history || stored) return stored ?? [];
  const finer = finerTimeframe([...history.keys()], timeframe);
  const made = finer ? aggregate(history.get(finer) ?? [], timeframesMs[timeframe]) : [];
  history.set(timeframe, made);
  return made;
};

/**
 * Real history out of a folder of `<exchange>_<SYMBOL>_<timeframe>[_anything].csv[.gz]`.
 * The clock starts when the last candle of `timeframe` closes (of any timeframe when none is named), or at `untilMs`
 * when that is earlier. Rows that are no candles are left out and listed in `rejected`.
 * Throws when no file of the folder carries such a name.
 */
export const replaySource = ({
  folder,
  timeframe,
  untilMs = Number.POSITIVE_INFINITY,
}: {
  folder: string;
  timeframe?: Timeframe;
  untilMs?: number;
}): CandleSource & { readonly rejected: readonly RejectedRow[] } => {
  const files = listFiles(folder);
  if (files.length === 0) {
    throw new Error(
      `${folder} holds no candle file named <exchange>_<SYMBOL>_<timeframe>[_anything].csv[.gz]`,
    );
  }
  const rejected: RejectedRow[] = [];
  const histories = readHistories(files, rejected);
  const endMs = closeOfLast(histories.values(), timeframe);
  if (!Number.isFinite(endMs))
    throw new Error(`${folder} holds no candles${timeframe ? ` for ${timeframe}` : ''}`);
  return {
    symbols: [...histories].map(([id, history]) => describe(id, history)),
    startMs: Math.min(endMs, untilMs),
    firstMs: opensFirst(histories.values()),
    endMs,
    rejected,
    has: (symbol, asked) => {
      const history = histories.get(symbol);
      return history !== undefined && finerTimeframe([...history.keys()], asked) !== undefined;
    },
    candles: (range) => {
      const candles = candlesOf(histories.get(range.symbol), range.timeframe);
      const [from, to] = selectRange(candles.length, (index) => (candles[index] as Candle)[0], range);
      return candles.slice(from, to);
    },
  };
};
