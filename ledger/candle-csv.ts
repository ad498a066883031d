import { valuesProblem } from '../exchange/candle-rows.ts';
import type { Candle } from '../exchange/exchange.ts';
import { removedValues } from './candle-columns.ts';
import { LedgerError } from './errors.ts';

/**
 * One row of a file of ours: the text is kept as it is, so that copying a candle never changes its decimals.
 * A tombstone, `<open time>,,,,,`, says that the exchange removed the candle: it wins over earlier fetched copies.
 */
export interface CandleLine {
  readonly openTimeMs: number;
  readonly line: string;
}

export const candleHeader = 'timestamp,open,high,low,close,volume';

/** A candle as a row of a file of ours. */
export const candleText = (candle: Candle): string => candle.join(',');

const decimal = '\\d+(?:\\.\\d+)?';
const noValues = ',,,,,';
const row = new RegExp(`^(\\d{1,15})(?:${`,${decimal}`.repeat(5)}|${noValues})$`);

const refuse = (path: string, line: number, reason: string): never => {
  throw new LedgerError('CandleFileCorrupt', `${path}, line ${line}: ${reason}`);
};

const requireFrame = (text: string, path: string): string[] => {
  const lines = text.split('\n');
  if (lines[0] !== candleHeader) refuse(path, 1, `the header is not "${candleHeader}"`);
  if (lines.pop() !== '') refuse(path, lines.length + 1, 'the last line does not end: the file is cut off');
  return lines.slice(1);
};

/** Splits a file of ours into rows in strictly ascending order. Values are not looked at. */
export const readLines = (bytes: Buffer, path: string): CandleLine[] => {
  let last = -1;
  return requireFrame(bytes.toString('utf8'), path).map((line, index) => {
    const openTimeMs = Number(
      row.exec(line)?.[1] ?? refuse(path, index + 2, `"${line.slice(0, 80)}" is no candle`),
    );
    if (openTimeMs <= last) refuse(path, index + 2, `${openTimeMs} is not after ${last}`);
    last = openTimeMs;
    return { openTimeMs, line };
  });
};

/** The laws are those that the exchange and every import meet: what breaks one here was never stored by us. */
const requireSane = (values: Float64Array, path: string, line: number): void => {
  if (!values.every(Number.isFinite)) refuse(path, line, 'a value is not finite');
  const problem = valuesProblem(values);
  if (problem) refuse(path, line, `the candle ${problem}`);
};

/** The row of a candle that the exchange removed. */
export const tombstone = (openTimeMs: number): CandleLine => ({
  openTimeMs,
  line: `${openTimeMs}${noValues}`,
});

export const isTombstone = ({ line }: CandleLine): boolean => line.endsWith(noValues);

/** open, high, low, close, volume of one row; of a tombstone NaN, which no candle has. `lineNumber` is for the message. */
export const valuesOf = (row: CandleLine, path: string, lineNumber: number): Float64Array => {
  if (isTombstone(row)) return removedValues();
  const values = Float64Array.from(row.line.split(',').slice(1), Number);
  requireSane(values, path, lineNumber);
  return values;
};

export const joinLines = (lines: readonly CandleLine[]): Buffer =>
  Buffer.from(`${candleHeader}\n${lines.map(({ line }) => `${line}\n`).join('')}`);
