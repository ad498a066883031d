/** A line of a file from outside that holds something. */
export interface OutsideLine {
  /** From 1. */
  readonly number: number;
  /** One character per byte: a row is plain ASCII, and what is not is refused where it stands. */
  readonly text: string;
  /** Why the line cannot be read at all. */
  readonly problem?: string;
}

/** A candle needs 200 bytes; what is longer than this is no text file of candles. */
const longestLineBytes = 16_384;

const newline = 10;
const carriageReturn = 13;
const byteOrderMark = Buffer.from('\uFEFF');

const trim = (text: string): string => text.replace(/^[ \t]+|[ \t]+$/g, '');

const lineAt = (bytes: Buffer, number: number, from: number, to: number): OutsideLine => {
  if (to - from > longestLineBytes) {
    return { number, text: '', problem: `has ${to - from} bytes; ${longestLineBytes} are allowed` };
  }
  const end = to > from && bytes[to - 1] === carriageReturn ? to - 1 : to;
  const text = trim(bytes.toString('latin1', from, end));
  return text.includes('\0') ? { number, text: '', problem: 'holds a NUL byte' } : { number, text };
};

const isEmpty = ({ text, problem }: OutsideLine): boolean =>
  problem === undefined && (text === '' || text.startsWith('#'));

/** The lines of a file without blank ones and `#` comments. LF or CRLF, with or without BOM and final newline. */
export function* linesOf(bytes: Buffer): Generator<OutsideLine> {
  let from = bytes.subarray(0, 3).equals(byteOrderMark) ? 3 : 0;
  for (let number = 1; from < bytes.length; number += 1) {
    const found = bytes.indexOf(newline, from);
    const to = found === -1 ? bytes.length : found;
    const line = lineAt(bytes, number, from, to);
    if (!isEmpty(line)) yield line;
    from = to + 1;
  }
}
