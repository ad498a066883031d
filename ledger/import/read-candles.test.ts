import { readdirSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { parseSeries } from '../../series.ts';
import { btc } from '../ledger.fixture.ts';
import { type ReadOptions, readCandles } from './read-candles.ts';
import { unpack } from './unpack.ts';

const dirtyDir = new URL('../../../shared/data/dirty/', import.meta.url).pathname;
const asOfMs = Date.parse('2026-01-01T00:00:00Z');
const hourMs = 3_600_000;
const t0 = 1_654_041_600_000;

const read = (bytes: string | Buffer, options: Partial<ReadOptions> = {}) =>
  readCandles(Buffer.from(bytes), { name: 'x.csv', series: btc, asOfMs, ...options });

const dirty = (name: string, options: Partial<ReadOptions> = {}) =>
  read(unpack(readFileSync(`${dirtyDir}${name}`), name), { name, ...options });

const linesIn = (name: string): string[] => readFileSync(`${dirtyDir}${name}`, 'utf8').trimEnd().split('\n');
const reference = linesIn('clean_reference_BTCUSDT_1h_2022-06.csv').slice(1);
const texts = ({ candles }: ReturnType<typeof read>) => candles.map(({ line }) => line);

/** What is left when nothing special is found. */
const clean = { refused: [], refusedRows: 0, outliers: [], gaps: [], outOfOrder: 0, form: 'ms' };
const unique = { exact: 0, conflicting: 0 };

describe('each dirty file', () => {
  test('01: exact duplicates are kept once', () => {
    const found = dirty('01_duplicates_exact.csv');
    expect(texts(found)).toEqual(reference);
    expect(found).toMatchObject({ ...clean, rows: 732, duplicates: { exact: 12, conflicting: 0 } });
  });

  test('02: of conflicting duplicates the later row is kept', () => {
    const found = dirty('02_duplicates_conflicting.csv');
    expect(texts(found)).toEqual(reference);
    expect(found).toMatchObject({ ...clean, rows: 728, duplicates: { exact: 0, conflicting: 8 } });
  });

  test('03: rows out of order are sorted', () => {
    const found = dirty('03_out_of_order.csv');
    expect(texts(found)).toEqual(reference);
    expect(found).toMatchObject({ ...clean, outOfOrder: expect.any(Number), duplicates: unique });
    expect(found.outOfOrder).toBeGreaterThan(0);
  });

  test('04: NaN, empty and infinite cells are refused by line, the other 705 rows equal the reference', () => {
    const found = dirty('04_nan_empty_inf.csv');
    const plain = /^\d{13}(,\d+(\.\d+)?){5}$/;
    const bad = linesIn('04_nan_empty_inf.csv').flatMap((line, at) =>
      at > 0 && !(plain.test(line) && !line.includes(',0,')) ? [at + 1] : [],
    );
    expect(bad).toHaveLength(15);
    expect(found.refused.map(({ line }) => line)).toEqual(bad);
    expect(texts(found)).toEqual(reference.filter((_, at) => !bad.includes(at + 2)));
  });

  test('06: the row that was still forming is refused, also when nothing else says so than the time of the file', () => {
    const found = dirty('06_unfinished_last.csv', { asOfMs: Date.parse('2023-06-21T14:25Z') });
    expect(found.refused).toEqual([
      {
        line: 496,
        reason: expect.stringMatching(/opens at 2023-06-21T14:00.* still forming at 2023-06-21T14:25/),
      },
    ]);
    expect(texts(found)).toEqual(linesIn('06_unfinished_last.csv').slice(1, -1));
  });

  test('07: broken OHLC relations are refused, outliers are named and kept', () => {
    const found = dirty('07_ohlc_violations.csv');
    expect(found.refused.map(({ line }) => line)).toEqual([42, 82, 122, 162, 202, 322]);
    expect(found.outliers.map(({ line }) => line)).toEqual([242, 282]);
    expect(found.candles).toHaveLength(714);
  });

  test('09: gaps are reported and stay gaps', () => {
    const found = dirty('09_gaps_made.csv');
    expect(found.candles).toHaveLength(589);
    expect(found.gaps.map(({ missing }) => missing).sort((a, b) => a - b)).toEqual([1, 6, 24, 100]);
    expect(found).toMatchObject({ refused: [], outliers: [] });
  });

  test('10: flat candles without volume are legal', () => {
    const found = dirty('10_zero_volume_flat.csv');
    expect(found).toMatchObject({ ...clean, rows: 720, duplicates: unique });
    expect(texts(found).filter((line) => line.endsWith(',0'))).toHaveLength(12);
  });

  test('11: BOM, CRLF, other header names, blank and comment lines, no final newline', () => {
    const found = dirty('11_file_bom_crlf_comments.csv');
    expect(texts(found)).toEqual(reference);
    expect(found).toMatchObject({ ...clean, rows: 720, duplicates: unique });
  });

  test('13: a header and nothing else is no candle and no mistake', () => {
    expect(dirty('13_empty_header_only.csv')).toMatchObject({ rows: 0, candles: [], refused: [] });
  });

  test('real outages are gaps: 18 of 108 candles', () => {
    const found = dirty('real_gaps_BTCUSDT_1h_2017_2020.csv.gz');
    expect(found.refused).toEqual([]);
    expect(found.outliers).toEqual([]);
    expect(found.gaps).toHaveLength(18);
    expect(found.gaps.reduce((sum, { missing }) => sum + missing, 0)).toBe(108);
  });

  test('a real halt', () => {
    const found = dirty('real_outage_BTCUSDT_5m_2023-03-24.csv', {
      series: parseSeries('binance:BTC/USDT:5m'),
    });
    expect(found).toMatchObject({
      refused: [],
      outliers: [],
      rows: linesIn('real_outage_BTCUSDT_5m_2023-03-24.csv').length - 1,
    });
    expect(found.gaps).toMatchObject([{ missing: 16 }]);
  });

  test('a file that is no table of candles is refused whole', () => {
    expect(() => dirty('real_late_corrections.json')).toThrow(
      expect.objectContaining({ code: 'CandleFileCorrupt' }),
    );
  });

  test('none is left out here', () => {
    const tested = /^(0[1234679]|1[013]|clean_|real_)/;
    expect(readdirSync(dirtyDir).filter((name) => !tested.test(name))).toEqual([]);
  });
});

test('the clean years have no outlier, no refusal', () => {
  const file = new URL('../../../shared/data/candles/binance_SOLUSDT_1h.csv.gz', import.meta.url);
  const found = read(gunzipSync(readFileSync(file)), { series: parseSeries('binance:SOL/USDT:1h') });
  expect(found).toMatchObject({ refused: [], outliers: [], rows: 30_634 });
});

const header = 'timestamp,open,high,low,close,volume';
const row = (hour: number, values = '10,12,9,11,5') => `${t0 + hour * hourMs},${values}`;
const file = (...rows: string[]) => [header, ...rows, ''].join('\n');

describe('numbers', () => {
  test.each([
    ['1,234.5', '"1,234.5",12,9,11,5'],
    ['a blank inside', '1 0,12,9,11,5'],
    ['hexadecimal', '0xA,12,9,11,5'],
    ['an exponent beyond doubles', '10,1e400,9,11,5'],
    ['an underscore', '1_0,12,9,11,5'],
    ['a comma as point, between semicolons', '10,5;12;9;11;5'],
    ['a leading zero', '010,12,9,11,5'],
    ['a plus', '+10,12,9,11,5'],
    ['no digit behind the point', '10.,12,9,11,5'],
    ['no digit before the point', '10,12,.9,11,5'],
    ['two points', '1.0.0,12,9,11,5'],
    ['a unit', '10$,12,9,11,5'],
    ['other digits', '１０,12,9,11,5'],
    ['a letter', '10,12,9,11,5k'],
    ['None', '10,12,9,11,None'],
    ['a dash', '10,12,9,11,-'],
    ['minus volume', '10,12,9,11,-5'],
    ['a price of nothing', '10,12,0,11,5'],
    ['more digits than a market has', `10,12,9,11,${'9'.repeat(60)}`],
    ['an exponent that makes too many digits', '10,12,9,11,1e-300'],
    ['a NUL', '10,12,9,11,5\0'],
    ['bytes that are no UTF-8', '10,12,9,11,5\xff'],
    ['an open quote', '"10,12,9,11,5'],
    ['a line break of old machines', '10,12,9,11,5\r1,2'],
  ])('%s is refused where it stands', (_, values) => {
    const found = read(Buffer.from(file(row(0), row(1, values), row(2)), 'latin1'));
    expect(found.refused.map(({ line }) => line)).toEqual([3]);
    expect(texts(found)).toEqual([row(0), row(2)]);
  });

  test.each([
    ['blanks around', ' 10 ,12, 9,11,\t5', '10,12,9,11,5'],
    ['quotes', '"10","12","9","11","5"', '10,12,9,11,5'],
    ['an exponent', '1e1,1.2E+1,9,11,5e-7', '10,12,9,11,0.0000005'],
    ['every digit', '10.123456789012345678,12,9,11,5.10', '10.123456789012345678,12,9,11,5.1'],
  ])('%s is certain', (_, values, expected) => {
    expect(texts(read(file(row(0, values))))).toEqual([row(0, expected)]);
  });
});

describe('rows', () => {
  test.each([
    ['a cut line', `${t0 + hourMs},10,12,9`, /has 4 cells where 6 belong: the line is cut/],
    ['a cell too many', row(1, '10,12,9,11,5,1'), /too many/],
    ['a time between two candles', `${t0 + hourMs + 1},10,12,9,11,5`, /between two candles/],
    ['a time in the future', row(1e6), /future/],
    ['a time cut', `${Math.floor(t0 / 100)},10,12,9,11,5`, /in ms lies before/],
    ['a line of 20 kB', row(1, '1'.repeat(20_000)), /16384 are allowed/],
    ['a high below the close', row(1, '10,10,9,11,5'), /high 10 below/],
    ['a low above the open', row(1, '10,12,10.5,11,5'), /low 10.5 above/],
    ['no time', ',10,12,9,11,5', /is no time in ms/],
  ])('%s is refused with its reason', (_, text, reason) => {
    const found = read(file(row(0), text, row(2)));
    expect(found.refused).toEqual([{ line: 3, reason: expect.stringMatching(reason) }]);
    expect(found.candles).toHaveLength(2);
  });

  test('a row of another symbol is refused', () => {
    const text = `symbol,${header}\nBTCUSDT,${row(0)}\nETH/USDT,${row(1)}\nbtc-usdt,${row(2)}\n`;
    const found = read(text);
    expect(found.refused).toEqual([{ line: 3, reason: 'is of "ETH/USDT", not of BTC/USDT' }]);
    expect(texts(found)).toEqual([row(0), row(2)]);
  });

  test('a header that files bring along when they are joined is passed over', () => {
    expect(read(file(row(0), header, row(1)))).toMatchObject({ rows: 2, refused: [] });
  });

  test('a bad later copy does not take the good earlier one with it', () => {
    const found = read(file(row(0), row(0, '10,12,9,NaN,5')));
    expect(texts(found)).toEqual([row(0)]);
    expect(found.refused).toHaveLength(1);
  });
});

describe('columns', () => {
  const candle = [row(0)];
  test.each([
    ['aliases', 'Open Time,O,H,L,C,Vol', '1654041600000,10,12,9,11,5'],
    ['another order', 'volume;close;low;high;open;date', '5;11;9;12;10;1654041600000'],
    ['tabs', 'time\topen\thigh\tlow\tclose\tvolume', '1654041600000\t10\t12\t9\t11\t5'],
    [
      'more columns',
      'open_time,open,high,low,close,volume,close_time,trades',
      '1654041600000,10,12,9,11,5,1,9',
    ],
    [
      'the volume of the base',
      'unix,open,high,low,close,Volume USDT,Volume BTC',
      '1654041600000,10,12,9,11,55,5',
    ],
    ['Binance without a header', '1654041600000,10,12,9,11,5,1654045199999,1,1,1,1,0', ''],
    ['Binance in microseconds', '1654041600000000,10,12,9,11,5,1654045199999999,1,1,1,1,0', ''],
  ])('%s', (_, first, second) => {
    expect(texts(read(`${first}\n${second}`))).toEqual(candle);
  });

  test.each([
    ['no header', `${row(0)}\n${row(1)}\n`, /no header/],
    ['a column missing', 'timestamp,open,high,low,close\n', /no column for volume/],
    ['only the closing time', `close_time,open,high,low,close,volume\n${row(0)}`, /no column for time/],
    ['two columns for one', `timestamp,date,open,high,low,close,volume\n`, /2 columns that could be time/],
    ['the volume of the other asset', `timestamp,open,high,low,close,volume usdt\n${row(0)}`, /for volume/],
    ['a page of the web', '<html><body>429</body></html>', /no header that is known/],
    ['UTF-16', Buffer.from(`\uFEFF${header}\n`, 'utf16le'), /NUL|header/],
    ['nothing', '', /empty/],
    ['comments only', '# a\n\n', /nothing but/],
    ['one giant line', 'x'.repeat(100_000), /16384/],
  ])('%s is refused whole', (_, text, reason) => {
    expect(() => read(text)).toThrow(expect.objectContaining({ code: 'CandleFileCorrupt' }));
    expect(() => read(text)).toThrow(reason);
  });

  test('twelve columns that are not those of Binance prove nothing', () => {
    const found = read('1654041600000,10,12,9,11,5,1654045200000,1,1,1,1,0\n');
    expect(found).toMatchObject({
      candles: [],
      refused: [{ line: 1, reason: expect.stringContaining('does not close') }],
    });
  });
});

describe('one unit per file', () => {
  const inUnit = (times: readonly (number | string)[]) =>
    [header, ...times.map((time) => `${time},10,12,9,11,5`)].join('\n');
  const hours = [t0, t0 + hourMs];
  const expected = [row(0), row(1)];

  test.each([
    ['s', hours.map((time) => time / 1000)],
    ['ms', hours],
    ['ms', hours.map((time) => `${time}.0`)],
    ['us', hours.map((time) => time * 1000)],
    ['ns', hours.map((time) => `${time}000000`)],
    ['date', ['2022-06-01T00:00:00Z', '2022-06-01 01:00:00+00:00']],
    ['date', ['2022-06-01T02:00:00+02:00', '2022-06-01 01:00 UTC']],
  ])('%s', (form, times) => {
    const found = read(inUnit(times));
    expect(found.form).toBe(form);
    expect(texts(found)).toEqual(expected);
  });

  test('a mixture is refused, and says where; with the unit stated the rows in the other one are', () => {
    const mixed = inUnit([t0, (t0 + hourMs) / 1000, t0 + 2 * hourMs]);
    expect(() => read(mixed)).toThrow(/2 in ms \(first in line 2\), 1 in s \(first in line 3\)/);
    const found = read(mixed, { unit: 'ms' });
    expect(found.refused).toMatchObject([{ line: 3 }]);
    expect(texts(found)).toEqual([row(0), row(2)]);
  });

  test('a wrong statement makes every row a bad one', () => {
    expect(read(inUnit(hours), { unit: 's' })).toMatchObject({ candles: [], refusedRows: 2 });
    expect(read(inUnit(hours), { unit: 'us' })).toMatchObject({ candles: [], refusedRows: 2 });
  });

  test('dates without a zone need a statement', () => {
    const dates = inUnit(['2022-06-01 00:00:00', '2022-06-01 01:00:00']);
    expect(() => read(dates)).toThrow(/name no time zone/);
    expect(texts(read(dates, { unit: 'utc' }))).toEqual(expected);
  });

  test('a day that the calendar does not have is none', () => {
    const found = read(inUnit(['2022-06-30T23:00:00Z', '2022-06-31T00:00:00Z']));
    expect(found).toMatchObject({ refused: [{ line: 3 }], candles: [{}] });
  });
});

describe('another timeframe', () => {
  const every = (stepMs: number) =>
    file(...Array.from({ length: 24 }, (_, at) => `${t0 + at * stepMs},10,12,9,11,5`));
  test.each([
    ['finer', 300_000],
    ['half', 1_800_000],
    ['coarser', 4 * hourMs],
    ['a day', 24 * hourMs],
  ])('%s is refused whole', (_, stepMs) => {
    expect(() => read(every(stepMs))).toThrow(expect.objectContaining({ code: 'CandleFileCorrupt' }));
  });
});

test('a damaged gzip file is refused whole', () => {
  const bytes = readFileSync(`${dirtyDir}real_gaps_BTCUSDT_1h_2017_2020.csv.gz`);
  const flipped = Buffer.from(bytes);
  flipped[bytes.length >> 1]! ^= 1;
  for (const bad of [bytes.subarray(0, 1000), bytes.subarray(0, -1), flipped]) {
    expect(() => unpack(bad, 'x.csv.gz')).toThrow(expect.objectContaining({ code: 'CandleFileCorrupt' }));
  }
  expect(() => unpack(Buffer.from(file(row(0))), 'x.csv.gz')).toThrow(/no gzip file/);
  expect(unpack(bytes, 'named-wrongly.csv').subarray(0, 9).toString()).toBe('timestamp');
});
