import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { isTimeframe, type Timeframe, timeframesMs } from '../../series.ts';
import { readCandle } from '../candle-rows.ts';
import type { Candle } from '../exchange.ts';
import { parseTime } from './times.ts';

/** A row of a replay file that is no candle: it is left out, so that the simulated exchange has a gap there. */
export interface RejectedRow {
  readonly file: string;
  readonly line: number;
  readonly reason: string;
}

export interface ReplayFile {
  readonly path: string;
  readonly name: string;
  readonly symbol: string;
  readonly timeframe: Timeframe;
}

const namePattern = /^([a-z0-9]+)_([A-Z0-9]+)_(\d+[a-z])(?:_.*)?\.csv(?:\.gz)?$/;

/** What a file's name says; undefined when it is not named `<exchange>_<SYMBOL>_<timeframe>[_anything].csv[.gz]`. */
export const parseReplayName = (name: string): Pick<ReplayFile, 'symbol' | 'timeframe'> | undefined => {
  const [, , symbol, timeframe] = namePattern.exec(name) ?? [];
  return symbol && timeframe && isTimeframe(timeframe) ? { symbol, timeframe } : undefined;
};

const unpacked = (path: string): Buffer => {
  const bytes = readFileSync(path);
  if (!path.endsWith('.gz')) return bytes;
  try {
    return gunzipSync(bytes);
  } catch (error) {
    throw new Error(`${path} is not a whole gzip file`, { cause: error });
  }
};

/** Lines that hold something, with their numbers in the file. */
const linesOf = (path: string): { line: number; text: string }[] =>
  unpacked(path)
    .toString('utf8')
    .replace(/^\uFEFF/, '')
    .split('\n')
    .map((text, index) => ({ line: index + 1, text: text.trim() }))
    .filter(({ text }) => text !== '' && !text.startsWith('#'));

const isHeader = (text: string): boolean => /^"?[a-z][a-z _]*"?,/i.test(text);

const cellsOf = (text: string): string[] => text.split(',').map((cell) => cell.trim());

const readLine = (text: string, width: number, timeframeMs: number): Candle => {
  const cells = cellsOf(text);
  if (cells.length !== width) throw new Error(`has ${cells.length} cells where ${width} belong`);
  return readCandle([parseTime(cells[0] ?? ''), ...cells.slice(1)], timeframeMs);
};

/**
 * Candles in file order, and the rows that are none. The first line, header or not, says how many cells a row has;
 * the first six are time, open, high, low, close, volume. Blank lines, `#` comments and a header line are
 * passed over.
 */
export const readReplayFile = (file: ReplayFile): { candles: Candle[]; rejected: RejectedRow[] } => {
  const candles: Candle[] = [];
  const rejected: RejectedRow[] = [];
  const lines = linesOf(file.path);
  const width = Math.max(6, cellsOf(lines[0]?.text ?? '').length);
  for (const { line, text } of lines.slice(isHeader(lines[0]?.text ?? '') ? 1 : 0)) {
    try {
      candles.push(readLine(text, width, timeframesMs[file.timeframe]));
    } catch (error) {
      rejected.push({
        file: file.name,
        line,
        reason: error instanceof Error ? error.message : String(error),
      });
    }
  }
  return { candles, rejected };
};
