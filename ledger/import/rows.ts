import { candleProblem } from '../../exchange/candle-rows.ts';
import type { Candle } from '../../exchange/exchange.ts';
import { type Series, timeframesMs } from '../../series.ts';
import { type Columns, cellOf, isSameSymbol } from './columns.ts';
import { decimalOf } from './decimals.ts';
import { type TimeForm, timeOf } from './times.ts';

export interface RowRules {
  readonly series: Series;
  readonly columns: Columns;
  readonly form: TimeForm;
  /** When the file was fetched, epoch ms: what was not closed then is not final. */
  readonly asOfMs: number;
}

/** Most rows hold nothing but digits, points and separators. */
const needsCare = /["\s]/;

/** Cells of a row, as many as the file has columns. Throws with the reason. */
export const cellsOf = (text: string, { delimiter, width }: Columns): string[] => {
  const cells = text.split(delimiter);
  if (cells.length === width) return needsCare.test(text) ? cells.map(cellOf) : cells;
  const what = cells.length < width ? 'the line is cut' : 'the line has too many';
  throw new Error(`has ${cells.length} cells where ${width} belong: ${what}`);
};

const requireSymbol = (cells: readonly string[], { columns: { symbolAt }, series }: RowRules): void => {
  if (symbolAt === undefined || isSameSymbol(cells[symbolAt] ?? '', series)) return;
  throw new Error(`is of "${cells[symbolAt]}", not of ${series.symbol}`);
};

/** Of a file without header the closing time must confirm each row. */
const requireCloseTime = (cells: readonly string[], openTimeMs: number, rules: RowRules): void => {
  const { closeTimeAt } = rules.columns;
  if (closeTimeAt === undefined) return;
  const digits = cells[closeTimeAt] ?? '';
  const lengthMs = timeframesMs[rules.series.timeframe];
  const closeMs = Number(rules.form === 'us' ? digits.slice(0, -3) : digits);
  if (digits !== '' && closeMs === openTimeMs + lengthMs - 1) return;
  throw new Error(
    `does not close one ${rules.series.timeframe} after it opens, in its column ${closeTimeAt + 1}`,
  );
};

const iso = (timeMs: number): string => (timeMs < 8.64e15 ? new Date(timeMs).toISOString() : String(timeMs));

const requireClosed = (openTimeMs: number, { series, asOfMs }: RowRules): void => {
  if (openTimeMs + timeframesMs[series.timeframe] <= asOfMs) return;
  const state = openTimeMs > asOfMs ? 'lies in the future of' : 'was still forming at';
  throw new Error(`opens at ${iso(openTimeMs)} and ${state} ${iso(asOfMs)}`);
};

const valuesOf = (cells: readonly string[], { at }: Columns): [string, string, string, string, string] => [
  decimalOf(cells[at.open] ?? '', 'open'),
  decimalOf(cells[at.high] ?? '', 'high'),
  decimalOf(cells[at.low] ?? '', 'low'),
  decimalOf(cells[at.close] ?? '', 'close'),
  decimalOf(cells[at.volume] ?? '', 'volume'),
];

/** One row as a candle. Throws with the first reason why it is none. */
export const candleOf = (cells: readonly string[], openTimeMs: number, rules: RowRules): Candle => {
  requireSymbol(cells, rules);
  requireCloseTime(cells, openTimeMs, rules);
  const candle: Candle = [openTimeMs, ...valuesOf(cells, rules.columns)];
  const problem = candleProblem(candle, timeframesMs[rules.series.timeframe]);
  if (problem) throw new Error(problem);
  requireClosed(openTimeMs, rules);
  return candle;
};

/** The open time alone, in the form of the file. */
export const openTimeOf = (cells: readonly string[], { columns, form }: RowRules): number =>
  timeOf(cells[columns.at.time] ?? '', form);
