import { describe, expect, test } from 'vitest';
import { closedCandles, type RawRow } from './candle-rows.ts';
import { ExchangeError } from './errors.ts';

const hour = 3_600_000;
const t0 = 1_654_041_600_000;
const good = (n: number, close = '31936.54'): RawRow => [
  t0 + n * hour,
  '31801.05',
  '31982.97',
  '31688.01',
  close,
  '2237.33599',
];
const read = (rows: readonly RawRow[], exchangeTimeMs = t0 + 100 * hour) =>
  closedCandles(rows, { timeframeMs: hour, exchangeTimeMs, where: 'binance:BTC/USDT:1h' });

test('the candle that is still forming is left out, the one that closes this very ms is not', () => {
  expect(read([good(0), good(1)], t0 + 2 * hour - 1)).toHaveLength(1);
  expect(read([good(0), good(1)], t0 + 2 * hour)).toHaveLength(2);
});

test('a forming candle is not judged: nothing about it is final', () => {
  expect(read([good(0), [t0 + hour, '1', '0', '2', null, '-1']], t0 + hour + 1)).toHaveLength(1);
});

test('rows are sorted, repeated ones kept once, the later of two copies wins', () => {
  const rows = read([good(2), good(0), good(1), good(1, '31700'), good(2)]);
  expect(rows.map(([openTimeMs, , , , close]) => [openTimeMs, close])).toEqual([
    [t0, '31936.54'],
    [t0 + hour, '31700'],
    [t0 + 2 * hour, '31936.54'],
  ]);
});

test('flat candles without volume are legal', () => {
  expect(read([[t0, '5.0', '5.0', '5.0', '5.0', '0.0']])).toEqual([[t0, '5', '5', '5', '5', '0']]);
});

describe('a row that is no candle is named with its reason', () => {
  test.each<[string, RawRow, RegExp]>([
    ['null', [t0, '1', '2', null, '1', '0'], /null is not a number/],
    ['missing', [t0, '1', '2', '1', '1'], /undefined is not a number/],
    ['NaN', [t0, '1', '2', Number.NaN, '1', '0'], /"NaN" is not a decimal/],
    ['infinity', [t0, '1', 'Infinity', '1', '1', '0'], /"Infinity" is not a decimal/],
    ['empty', [t0, '1', '2', '', '1', '0'], /"" is not a decimal/],
    ['no time', [null, '1', '2', '1', '1', '0'], /null is not an open time/],
    ['seconds', [t0 / 1000 + 1, '1', '2', '1', '1', '0'], /opens between two candles/],
    ['misaligned', [t0 + 1, '1', '2', '1', '1', '0'], /opens between two candles/],
    ['high below close', [t0, '1', '2', '1', '3', '0'], /has its high 2 below/],
    ['high below low', [t0, '1', '1', '2', '1', '0'], /has its high 1 below/],
    ['low above open', [t0, '1', '3', '2', '2', '0'], /has its low 2 above/],
    ['price of zero', [t0, '0', '1', '0', '1', '0'], /not above zero/],
    ['negative volume', [t0, '1', '1', '1', '1', '-1'], /negative volume/],
  ])('%s', (_, row, reason) => {
    const error = (() => {
      try {
        return read([good(1), row]);
      } catch (thrown) {
        return thrown;
      }
    })();
    expect(error).toBeInstanceOf(ExchangeError);
    expect(error).toMatchObject({ kind: 'BadCandle', message: expect.stringMatching(reason) });
    expect((error as Error).message).toContain('binance:BTC/USDT:1h');
  });
});
