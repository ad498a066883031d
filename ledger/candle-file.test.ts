import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fileIdOf, formatCandles, parseCandles, seriesFolder, verifyAndRead } from './candle-file.ts';
import { openFresh } from './fresh.fixture.ts';
import { btc, candles, eth, land } from './ledger.fixture.ts';

const header = 'timestamp,open,high,low,close,volume\n';
const parse = (text: string) => parseCandles(Buffer.from(text), { path: 'x.csv' });

test('the decimals of the exchange stay as they are', () => {
  const bytes = formatCandles([[60_000, '0.00000001', '12345678.12345678', '0.00000001', '64000.1', '0']]);
  expect(bytes.toString()).toBe(`${header}60000,0.00000001,12345678.12345678,0.00000001,64000.1,0\n`);
  expect([...parse(bytes.toString()).ohlcv]).toEqual([1e-8, 12345678.12345678, 1e-8, 64000.1, 0]);
});

test('equal bytes of two series have two ids', () => {
  const bytes = formatCandles(candles(0, 2));
  expect(fileIdOf(btc, bytes)).not.toBe(fileIdOf(eth, bytes));
  expect(fileIdOf(btc, bytes)).toBe(fileIdOf({ ...btc }, bytes));
});

test('the folder of a series is a path without surprises', () => {
  expect(seriesFolder(btc)).toBe(join('binance', 'BTC-USDT', '1h'));
});

const bad = [
  ['an empty file', '', 1],
  ['a header that is cut off', header.trimEnd(), 1],
  ['another header', 'time,open,high,low,close,volume\n', 1],
  ['a BOM', `\uFEFF${header}1,1,1,1,1,1\n`, 1],
  ['CRLF', header.replace('\n', '\r\n'), 1],
  ['a cut last line', `${header}1,1,1,1,1,1\n2,1,1,1`, 3],
  ['a cut last line that still reads as a candle', `${header}1,1,1,1,1,1\n2,1,1,1,1,1`, 3],
  ['a missing value', `${header}1,1,1,1,1\n`, 2],
  ['a value too many', `${header}1,1,1,1,1,1,1\n`, 2],
  ['an exponent', `${header}1,1e3,1e3,1,1,1\n`, 2],
  ['NaN', `${header}1,1,1,1,NaN,1\n`, 2],
  ['a negative price', `${header}1,1,1,-1,1,1\n`, 2],
  ['a price of zero', `${header}1,1,1,1,1,1\n2,0,1,1,1,1\n`, 3],
  ['high below low', `${header}1,1,1,2,1,1\n`, 2],
  ['an open above the high', `${header}1,3,2,1,1,1\n`, 2],
  ['a close below the low', `${header}1,2,2,2,1,1\n`, 2],
  ['a time twice', `${header}1,1,1,1,1,1\n1,1,1,1,1,1\n`, 3],
  ['times out of order', `${header}2,1,1,1,1,1\n1,1,1,1,1,1\n`, 3],
  ['a fraction of a millisecond', `${header}1.5,1,1,1,1,1\n`, 2],
  ['an empty line', `${header}1,1,1,1,1,1\n\n`, 3],
] as const;

test.each(bad)('%s is refused by line and reason', (_, text, line) => {
  expect(() => parse(text)).toThrow(expect.objectContaining({ code: 'CandleFileCorrupt' }));
  expect(() => parse(text)).toThrow(new RegExp(`^x\\.csv, line ${line}: .`));
});

const cents = fc.integer({ min: 1, max: 1e12 }).map((value) => (value / 100).toFixed(2));

test('what was written is what is read', () => {
  const rows = fc.array(fc.tuple(cents, cents, cents), { minLength: 1, maxLength: 50 });
  fc.assert(
    fc.property(rows, (prices) => {
      const written = prices.map(([one, other, volume], at) => {
        const [low, open] = Number(one) < Number(other) ? [one, other] : [other, one];
        return [at * 60_000, open, '99999999999', low, open, volume] as const;
      });
      const read = parse(formatCandles(written).toString());
      expect([...read.openTimeMs]).toEqual(written.map(([time]) => time));
      expect([...read.ohlcv]).toEqual(written.flatMap(([, ...values]) => values.map(Number)));
    }),
  );
});

test.each([
  ['changed', (path: string) => writeFileSync(path, formatCandles(candles(0, 2, 1)))],
  ['lengthened', (path: string) => appendFileSync(path, '9,1,1,1,1,1\n')],
])('a file that was %s after its registration is refused, and named', (_, spoil) => {
  const there = openFresh();
  const { fileId, path } = land(there, { from: 0, count: 2 });
  const row = there.ledger.file(fileId);
  if (!row) throw new Error('not registered');
  expect(verifyAndRead(row, there.dataDir).openTimeMs).toHaveLength(2);
  spoil(join(there.dataDir, path));
  expect(() => verifyAndRead(row, there.dataDir)).toThrow(
    expect.objectContaining({ code: 'CandleFileCorrupt', fileId }),
  );
});
