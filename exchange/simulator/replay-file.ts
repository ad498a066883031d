import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { isTimeframe, type Timeframe, timeframesMs } from '../../series.ts';
import { readCandle } from '../candle-rows.ts';
import type { Candle } from '../exchange.ts';

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

const textOf = (path: string): string => {
  const bytes = readFileSync(path);
  return (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8').replace(/^\uFEFF/, '');
};

const isHeader = (cells: readonly string[]): boolean =>
  /[a-z]/i.test(cells[0] ?? '') && Number.isNaN(Number(cells[0]));

const readLine = (line: string, timeframeMs: number): Candle | undefined => {
  const cells = line.split(',').map((text) => text.trim());
  if (isHeader(cells)) return undefined;
  if (cells.length < 6) throw new Error(`has ${cells.length} cells, not 6`);
  return readCandle(cells, timeframeMs);
};

/** Candles in file order, and the rows that are none. Blank lines, `#` comments and a header line are passed over. */
export const readReplayFile = ({
  path,
  name,
  timeframe,
}: ReplayFile): { candles: Candle[]; rejected: RejectedRow[] } => {
  const candles: Candle[] = [];
  const rejected: RejectedRow[] = [];
  textOf(path)
    .split('\n')
    .forEach((raw, index) => {
      const line = raw.trim();
      if (line === '' || line.startsWith('#')) return;
      try {
        const candle = readLine(line, timeframesMs[timeframe]);
        if (candle) candles.push(candle);
      } catch (error) {
        rejected.push({
          file: name,
          line: index + 1,
          reason: error instanceof Error ? error.message : String(error),
        });
      }
    });
  return { candles, rejected };
};
