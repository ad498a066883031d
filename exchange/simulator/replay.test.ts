import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from 'vitest';
import type { Timeframe } from '../../series.ts';
import type { Candle } from '../exchange.ts';
import { parseUntil } from './from-config.ts';
import { replaySource } from './replay.ts';
import { parseReplayName } from './replay-file.ts';
import type { CandleSource } from './source.ts';

const data = new URL('../../../shared/data/', import.meta.url).pathname;
const hour = 3_600_000;
const folders: string[] = [];
afterEach(() => folders.splice(0).forEach((folder) => rmSync(folder, { recursive: true })));

const folderWith = (files: Record<string, string | Buffer | { link: string }>): string => {
  const folder = mkdtempSync(join(tmpdir(), 'replay-'));
  folders.push(folder);
  for (const [name, content] of Object.entries(files)) {
    if (typeof content === 'object' && 'link' in content) symlinkSync(content.link, join(folder, name));
    else writeFileSync(join(folder, name), content);
  }
  return folder;
};

const all = (source: CandleSource, symbol = 'BTCUSDT', timeframe: Timeframe = '1h'): readonly Candle[] =>
  source.candles({
    symbol,
    timeframe,
    fromMs: 0,
    toMs: Number.MAX_SAFE_INTEGER,
    limit: Number.MAX_SAFE_INTEGER,
    keep: 'first',
  });

const csv = (...rows: string[]): string => `timestamp,open,high,low,close,volume\n${rows.join('\n')}\n`;
const flat = (openTimeMs: number, price = '1.5'): string =>
  `${openTimeMs},${price},${price},${price},${price},2`;
const t0 = Date.UTC(2022, 5, 1);

test.each([
  ['binance_BTCUSDT_1h.csv', { symbol: 'BTCUSDT', timeframe: '1h' }],
  ['binance_BTCUSDT_5m_2023-03.csv.gz', { symbol: 'BTCUSDT', timeframe: '5m' }],
  ['binance_1000SATSUSDT_1m_a_b.csv', { symbol: '1000SATSUSDT', timeframe: '1m' }],
  ['binance_BTCUSDT_7h.csv', undefined],
  ['README.md', undefined],
  ['binance_BTCUSDT_1h.csv.tmp', undefined],
])('the name %s', (name, expected) => {
  expect(parseReplayName(name)).toEqual(expected);
});

describe('real history', () => {
  const source = replaySource({ folder: `${data}candles`, timeframe: '1h' });

  test('has the symbols of its files, their decimals, and a clock that starts when the last hour closes', () => {
    expect(source.symbols.map(({ id, base, quote }) => [id, base, quote])).toEqual([
      ['BTCUSDT', 'BTC', 'USDT'],
      ['ETHUSDT', 'ETH', 'USDT'],
      ['SOLUSDT', 'SOL', 'USDT'],
    ]);
    expect(source.symbols.map(({ priceDecimals }) => priceDecimals)).toEqual([2, 2, 4]);
    expect([source.firstMs, source.startMs, source.endMs]).toEqual([
      1_609_459_200_000, 1_719_792_000_000, 1_719_792_000_000,
    ]);
    expect(source.symbols.map(({ id }) => all(source, id).length)).toEqual([30_634, 30_634, 30_634]);
    expect(source.rejected).toEqual([]);
  });

  test('the clock of another timeframe starts when its own last candle closes', () => {
    expect(replaySource({ folder: `${data}candles`, timeframe: '5m' }).startMs).toBe(Date.UTC(2023, 11, 31));
  });

  test('longer candles are made of shorter ones: real 5m candles give the real hours', () => {
    const folder = folderWith({
      'binance_BTCUSDT_5m.csv.gz': { link: `${data}candles/binance_BTCUSDT_5m.csv.gz` },
    });
    const made = all(replaySource({ folder, timeframe: '1h' }));
    const real = new Map(all(source).map((candle) => [candle[0], candle]));
    const differing = made.filter((candle) => JSON.stringify(candle) !== JSON.stringify(real.get(candle[0])));
    expect(made.length).toBeGreaterThan(8700);
    expect(differing).toEqual([]);
  });
});

describe('SIM_UNTIL', () => {
  const folder = `${data}candles`;
  test.each<[string | number, number]>([
    ['2024-01-01', Date.UTC(2024, 0, 1)],
    ['2023-06-21T14:25Z', Date.UTC(2023, 5, 21, 14, 25)],
    ['2023-06-21 14:25', Date.UTC(2023, 5, 21, 14, 25)],
    ['2023-06-21T14:25:30.5+02:00', Date.UTC(2023, 5, 21, 12, 25, 30, 500)],
    [1_704_067_200_000, Date.UTC(2024, 0, 1)],
  ])('%s stops the clock there', (until, timeMs) => {
    expect(replaySource({ folder, timeframe: '1h', untilMs: parseUntil(until) }).startMs).toBe(timeMs);
  });

  test('after the end it changes nothing; before the first candle it is refused', () => {
    expect(replaySource({ folder, timeframe: '1h', untilMs: parseUntil('2030-01-01') }).startMs).toBe(
      1_719_792_000_000,
    );
    expect(() => replaySource({ folder, timeframe: '1h', untilMs: parseUntil('2020-01-01') })).toThrow(
      'before its first candle',
    );
  });

  test.each(['', 'tomorrow', '2024', '2024-13-01', '01/02/2024'])('"%s" is refused', (text) => {
    expect(() => parseUntil(text)).toThrow('SIM_UNTIL');
  });
});

describe('damaged files', () => {
  const dirty = (name: string) => {
    const folder = folderWith({ 'binance_BTCUSDT_1h_dirty.csv': readFileSync(`${data}dirty/${name}`) });
    return replaySource({ folder, timeframe: '1h' });
  };
  const reference = all(dirty('clean_reference_BTCUSDT_1h_2022-06.csv'));

  test.each([
    '01_duplicates_exact.csv',
    '02_duplicates_conflicting.csv',
    '03_out_of_order.csv',
    '11_file_bom_crlf_comments.csv',
  ])('%s equals the reference', (name) => {
    const source = dirty(name);
    expect(source.rejected).toEqual([]);
    expect(all(source)).toEqual(reference);
  });

  test('04: the 15 bad rows are named, the other 705 equal the reference', () => {
    const source = dirty('04_nan_empty_inf.csv');
    expect(source.rejected).toHaveLength(15);
    expect(all(source)).toHaveLength(705);
    expect(reference).toEqual(expect.arrayContaining([...all(source)]));
  });

  test('07: the lines that break the laws of candles are named', () => {
    expect(dirty('07_ohlc_violations.csv').rejected.map(({ line }) => line)).toEqual([
      42, 82, 122, 162, 202, 322,
    ]);
  });

  test('09 and 10: gaps stay gaps, flat candles without volume stay', () => {
    expect(all(dirty('09_gaps_made.csv'))).toHaveLength(589);
    expect(all(dirty('10_zero_volume_flat.csv'))).toHaveLength(720);
    expect(dirty('10_zero_volume_flat.csv').rejected).toEqual([]);
  });

  test('13: a file without candles is refused when nothing else is there', () => {
    expect(() => dirty('13_empty_header_only.csv')).toThrow('holds no candles for 1h');
  });

  test('a file whose every row is bad says why', () => {
    const folder = folderWith({ 'binance_BTCUSDT_1h.csv': csv('1654041600001,1,1,1,1,1') });
    expect(() => replaySource({ folder, timeframe: '1h' })).toThrow(
      'line 2 of binance_BTCUSDT_1h.csv: opens between',
    );
  });

  test('NaN where the time belongs is a bad row and no header', () => {
    const folder = folderWith({ 'binance_BTCUSDT_1h.csv': csv(flat(t0), 'NaN,1,1,1,1,1') });
    expect(replaySource({ folder, timeframe: '1h' }).rejected).toMatchObject([{ line: 3 }]);
  });

  test('a cut gzip file is named', () => {
    const folder = folderWith({ 'binance_BTCUSDT_1h.csv.gz': gzipSync(csv(flat(t0))).subarray(0, 30) });
    expect(() => replaySource({ folder, timeframe: '1h' })).toThrow(
      /binance_BTCUSDT_1h\.csv\.gz is not a whole gzip file/,
    );
  });
});

test('several files of a series are one history; where they overlap the later name wins', () => {
  const folder = folderWith({
    'binance_BTCUSDT_1h_2022a.csv': csv(flat(t0), flat(t0 + hour)),
    'binance_BTCUSDT_1h_2022b.csv': csv(flat(t0 + hour, '1.6'), flat(t0 + 2 * hour)),
  });
  expect(all(replaySource({ folder, timeframe: '1h' })).map(([, , , , close]) => close)).toEqual([
    '1.5',
    '1.6',
    '1.5',
  ]);
});

test('a file without a header, in seconds or in microseconds', () => {
  const folder = folderWith({
    'binance_BTCUSDT_1h_s.csv': `${t0 / 1000},1,1,1,1,1\n`,
    'binance_BTCUSDT_1h_us.csv': `${(t0 + hour) * 1000},1,1,1,1,1\n`,
  });
  expect(all(replaySource({ folder, timeframe: '1h' })).map(([openTimeMs]) => openTimeMs)).toEqual([
    t0,
    t0 + hour,
  ]);
});

test('an hour whose 5m candles stop in its middle is not made', () => {
  const rows = Array.from({ length: 14 }, (_, i) => flat(t0 + i * 300_000));
  const folder = folderWith({ 'binance_BTCUSDT_5m.csv': csv(...rows) });
  const source = replaySource({ folder, timeframe: '1h' });
  expect(all(source).map(([openTimeMs]) => openTimeMs)).toEqual([t0]);
  expect(source.startMs).toBe(t0 + hour);
});

test('a folder without candle files says how they are named', () => {
  expect(() => replaySource({ folder: folderWith({ 'x.csv': '' }), timeframe: '1h' })).toThrow(
    '<exchange>_<SYMBOL>_<timeframe>',
  );
});
