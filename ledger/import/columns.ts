import type { Series } from '../../series.ts';

export type Role = 'time' | 'open' | 'high' | 'low' | 'close' | 'volume';

/** Where the parts of a candle stand in a row. */
export interface Columns {
  readonly delimiter: string;
  /** How many cells a row has: fewer is a cut line, more is another table. */
  readonly width: number;
  readonly at: Readonly<Record<Role, number>>;
  /** A column that names the symbol, which must be the series' own. */
  readonly symbolAt?: number;
  /** Without a header, the column that proves the others: the closing time is the opening time and a timeframe. */
  readonly closeTimeAt?: number;
  /** The header as it stands, undefined where there is none: files that were joined repeat it. */
  readonly header?: string;
}

/** As they stand in the files of exchanges, pandas and the usual download sites. Nothing that could be the closing time. */
const aliases: Readonly<Record<Role, readonly string[]>> = {
  time: [
    ...[
      'timestamp',
      'time',
      'open_time',
      'opentime',
      'open_time_ms',
      'opentimems',
      'date',
      'datetime',
      'date_time',
    ],
    ...['t', 'ts', 'unix', 'unix_timestamp', 'unix_time', 'epoch', 'start', 'start_time', 'timestamp_ms'],
  ],
  open: ['open', 'o', 'open_price'],
  high: ['high', 'h', 'high_price'],
  low: ['low', 'l', 'low_price'],
  close: ['close', 'c', 'close_price'],
  volume: ['volume', 'v', 'vol', 'base_volume', 'volume_base'],
};

const symbolNames = ['symbol', 'pair', 'ticker', 'market', 'instrument'];

const normal = (name: string): string =>
  name
    .replace(/^["'<\s]+|["'>\s]+$/g, '')
    .toLowerCase()
    .replaceAll(/[\s_.-]+/g, '_');

const baseOf = ({ symbol }: Series): string => symbol.slice(0, symbol.indexOf('/')).toLowerCase();

const namesOf = (role: Role, series: Series): readonly string[] =>
  role === 'volume'
    ? [...aliases.volume, `volume_${baseOf(series)}`, `volume_(${baseOf(series)})`]
    : aliases[role];

const indexesOf = (names: readonly string[], wanted: readonly string[]): number[] =>
  names.flatMap((name, at) => (wanted.includes(name) ? [at] : []));

const roles = Object.keys(aliases) as Role[];

/** Found by name, or the reason why not. */
const resolve = (names: readonly string[], series: Series): Record<Role, number> | string => {
  const found = roles.map((role) => [role, indexesOf(names, namesOf(role, series))] as const);
  const missing = found.filter(([, at]) => at.length === 0).map(([role]) => role);
  if (missing.length > 0) return `its header names no column for ${missing.join(', ')}`;
  const [twice] = found.filter(([, at]) => at.length > 1);
  if (twice) return `its header names ${twice[1].length} columns that could be ${twice[0]}`;
  return Object.fromEntries(found.map(([role, [at]]) => [role, at])) as Record<Role, number>;
};

const delimiters = [',', ';', '\t', '|'] as const;

const headerColumns = (text: string, series: Series): Columns | string => {
  let reason = 'its first line is no header that is known';
  for (const delimiter of delimiters) {
    const names = text.split(delimiter).map(normal);
    if (names.length < 2) continue;
    const at = resolve(names, series);
    if (typeof at === 'string') {
      reason = at;
      continue;
    }
    const [symbolAt] = indexesOf(names, symbolNames);
    return {
      delimiter,
      width: names.length,
      at,
      header: text,
      ...(symbolAt === undefined ? {} : { symbolAt }),
    };
  }
  return reason;
};

const binanceWidth = 12;

/** Binance's own files have no header; their closing times prove where the columns stand. */
const binanceColumns: Columns = {
  delimiter: ',',
  width: binanceWidth,
  at: { time: 0, open: 1, high: 2, low: 3, close: 4, volume: 5 },
  closeTimeAt: 6,
};

const isData = (text: string): boolean => /^["']?[-+.\d]/.test(text);

const example = 'timestamp,open,high,low,close,volume';

/** The columns by the first line that holds something, or the reason why they cannot be known for certain. */
export const columnsOf = (firstLine: string, series: Series): Columns | string => {
  if (!isData(firstLine)) return headerColumns(firstLine, series);
  if (firstLine.split(',').length === binanceWidth) return binanceColumns;
  return `it has no header, so nobody can know its columns; put one such as "${example}" in front`;
};

/** A cell without the blanks and the quotes around it. A quoted delimiter is not known here: such a row gets too wide. */
export const cellOf = (text: string): string => {
  const trimmed = text.trim();
  const quoted = trimmed.length >= 2 && trimmed.startsWith('"') && trimmed.endsWith('"');
  return quoted ? trimmed.slice(1, -1).trim() : trimmed;
};

const letters = (text: string): string => text.replaceAll(/[^a-z0-9]/gi, '').toUpperCase();

export const isSameSymbol = (cell: string, { symbol }: Series): boolean => letters(cell) === letters(symbol);
