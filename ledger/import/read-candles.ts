import { type Series, timeframesMs } from '../../series.ts';
import { candleText } from '../candle-csv.ts';
import { LedgerError } from '../errors.ts';
import { type Columns, cellOf, columnsOf } from './columns.ts';
import { linesOf, type OutsideLine } from './lines.ts';
import { type Outlier, outlierFactor, outlierIndexes } from './outliers.ts';
import { candleOf, cellsOf, openTimeOf, type RowRules } from './rows.ts';
import { type Sorted, sortRows } from './sort-rows.ts';
import { requireTimeframe } from './spacing.ts';
import { countForm, type FormsSeen, fileForm, type TimeForm, type TimeUnit } from './times.ts';

export interface Refusal {
  readonly line: number;
  readonly reason: string;
}

export interface ReadOptions {
  /** For messages. */
  readonly name: string;
  readonly series: Series;
  /** When the file was fetched, epoch ms. */
  readonly asOfMs: number;
  readonly unit?: TimeUnit;
  /** Told after every `progressEvery` lines; each line is looked at twice. */
  readonly progress?: (lines: number, total: number) => void;
}

export interface ReadCandles extends Sorted {
  /** Lines that should be candles. */
  readonly rows: number;
  /** In order of line; the first `mostRefusals` of them. */
  readonly refused: readonly Refusal[];
  readonly refusedRows: number;
  readonly outliers: readonly Outlier[];
  /** undefined when there is no row. */
  readonly form: TimeForm | undefined;
}

/** More than these are counted, but not listed. */
const mostRefusals = 10_000;

const progressEvery = 100_000;

/** A line each; some are blank or a heading, which does not matter to a bar. */
const linesIn = (bytes: Buffer): number => {
  let lines = 0;
  for (let at = bytes.indexOf(10); at !== -1; at = bytes.indexOf(10, at + 1)) lines += 1;
  return lines;
};

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const refuse = (name: string, reason: string): never => {
  throw new LedgerError('CandleFileCorrupt', `${name}: ${reason}`);
};

const knownColumns = (bytes: Buffer, { name, series }: ReadOptions): Columns => {
  if (bytes.length === 0) refuse(name, 'it is empty');
  const [first] = linesOf(bytes);
  if (!first) return refuse(name, 'it holds nothing but blank lines and comments');
  if (first.problem) refuse(name, `line ${first.number} ${first.problem}`);
  const columns = columnsOf(first.text, series);
  return typeof columns === 'string' ? refuse(name, columns) : columns;
};

/** Every line that should be a candle: all but the header, wherever joined files repeat it. */
function* dataLines(bytes: Buffer, { header }: Columns): Generator<OutsideLine> {
  for (const line of linesOf(bytes)) if (header === undefined || line.text !== header) yield line;
}

type Passed = (lines: number) => void;

const lookAtTimes = (bytes: Buffer, columns: Columns, passed: Passed): FormsSeen => {
  const seen: FormsSeen = new Map();
  let lines = 0;
  for (const { number, text, problem } of dataLines(bytes, columns)) {
    lines += 1;
    if (lines % progressEvery === 0) passed(lines);
    if (problem) continue;
    const cells = text.split(columns.delimiter);
    if (cells.length === columns.width) countForm(seen, cellOf(cells[columns.at.time] ?? ''), number);
  }
  return seen;
};

/** What reading gathers row by row. */
interface Gathered {
  rows: number;
  refusedRows: number;
  readonly refused: Refusal[];
  /** Of every row whose time can be read, its values good or bad. */
  readonly times: number[];
  offGrid: number;
  readonly kept: { openTimeMs: number; line: number; text: string }[];
}

const readRow = ({ text, problem, number }: OutsideLine, rules: RowRules, into: Gathered): void => {
  if (problem) throw new Error(problem);
  const cells = cellsOf(text, rules.columns);
  const openTimeMs = openTimeOf(cells, rules);
  if (openTimeMs % timeframesMs[rules.series.timeframe] === 0) into.times.push(openTimeMs);
  else into.offGrid += 1;
  into.kept.push({ openTimeMs, line: number, text: candleText(candleOf(cells, openTimeMs, rules)) });
};

const gather = (bytes: Buffer, rules: RowRules, passed: Passed): Gathered => {
  const into: Gathered = { rows: 0, refusedRows: 0, refused: [], times: [], offGrid: 0, kept: [] };
  for (const line of dataLines(bytes, rules.columns)) {
    into.rows += 1;
    if (into.rows % progressEvery === 0) passed(into.rows);
    try {
      readRow(line, rules, into);
    } catch (error) {
      into.refusedRows += 1;
      if (into.refused.length < mostRefusals)
        into.refused.push({ line: line.number, reason: messageOf(error) });
    }
  }
  return into;
};

/** Column by column and row by row: the cells of a million rows are never in memory at once. */
const pricesOf = (candles: Sorted['candles']) => {
  const [high, low, close] = [2, 3, 4].map(() => new Float64Array(candles.length)) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  for (const [at, { line }] of candles.entries()) {
    const cells = line.split(',', 5);
    high[at] = Number(cells[2]);
    low[at] = Number(cells[3]);
    close[at] = Number(cells[4]);
  }
  return { high, low, close };
};

const outliersOf = ({ candles, lines }: Sorted): Outlier[] =>
  outlierIndexes(pricesOf(candles)).map(({ at, middle }) => ({
    line: lines[at]!,
    openTimeMs: candles[at]!.openTimeMs,
    reason: `a price is more than ${outlierFactor} times, or less than 1/${outlierFactor} of, ${middle}, the median close around it`,
  }));

const nothing = { rows: 0, refused: [], refusedRows: 0, outliers: [], form: undefined } as const;

const hasData = (bytes: Buffer, columns: Columns): boolean => dataLines(bytes, columns).next().done === false;

/**
 * Reads candles of a series that come from outside: takes what is certain and refuses the rest by line and reason.
 * Throws LedgerError `CandleFileCorrupt` when nothing in the file is certain: columns, unit or timeframe are not.
 */
export const readCandles = (bytes: Buffer, options: ReadOptions): ReadCandles => {
  const { name, series, unit, asOfMs, progress } = options;
  const columns = knownColumns(bytes, options);
  if (!hasData(bytes, columns)) return { ...nothing, ...sortRows([], series) };
  const lines = progress ? linesIn(bytes) : 0;
  const form = fileForm(
    lookAtTimes(bytes, columns, (done) => progress?.(done, 2 * lines)),
    unit,
    name,
  );
  const found = gather(bytes, { series, columns, form, asOfMs }, (done) =>
    progress?.(lines + done, 2 * lines),
  );
  const { timeframe } = series;
  requireTimeframe(found.times, found.offGrid, { name, timeframe, timeframeMs: timeframesMs[timeframe] });
  const sorted = sortRows(found.kept, series);
  const { rows, refused, refusedRows } = found;
  return { ...sorted, rows, refused, refusedRows, outliers: outliersOf(sorted), form };
};
