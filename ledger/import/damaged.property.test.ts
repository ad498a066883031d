import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { valuesProblem } from '../../exchange/candle-rows.ts';
import { isLedgerError } from '../errors.ts';
import { btc } from '../ledger.fixture.ts';
import { readCandles } from './read-candles.ts';
import { unpack } from './unpack.ts';

const asOfMs = Date.parse('2026-01-01T00:00:00Z');
const hourMs = 3_600_000;
const t0 = 1_654_041_600_000;
const numRuns = process.env['AUTOTRAIN_TESTS'] === 'full' ? 5000 : 100;
const header = 'timestamp,open,high,low,close,volume';

const read = (bytes: Buffer, name = 'x.csv') =>
  readCandles(unpack(bytes, name), { name, series: btc, asOfMs });

/** Damage that no reading can mend, done to one row. */
const damages: readonly ((cells: string[], at: number) => string[])[] = [
  (cells, at) => cells.with(at, ''),
  (cells, at) => cells.with(at, 'NaN'),
  (cells, at) => cells.with(at, '-inf'),
  (cells, at) => cells.with(at, '1e400'),
  (cells, at) => cells.with(at, '0x1F'),
  (cells, at) => cells.with(at, '1 000'),
  (cells, at) => cells.with(at, '1_000'),
  (cells, at) => cells.with(at, '12.'),
  (cells, at) => cells.with(at, `-${cells[at]}`),
  (cells, at) => cells.slice(0, at),
  (cells) => [...cells, '1'],
  (cells) => cells.with(2, '0.5'),
  (cells) => cells.with(3, '500'),
  (cells, at) => cells.with(0, `${Number(cells[0]) + at}`),
  (cells) => cells.with(0, `${asOfMs}`),
];

const cents = fc.integer({ min: 101, max: 29_900 }).map((value) => (value / 100).toFixed(2));
const goodRow = fc.record({
  order: fc.nat({ max: 99 }),
  prices: fc.tuple(cents, cents),
  volume: cents,
  copies: fc.array(fc.constantFrom<'same' | 'earlier' | 'damaged'>('same', 'earlier', 'damaged'), {
    maxLength: 2,
  }),
  damage: fc.option(fc.tuple(fc.constantFrom(...damages), fc.integer({ min: 1, max: 5 })), {
    nil: undefined,
    freq: 3,
  }),
});

/** Rows of one candle, in the order in which they must stand; the last good one is what has to be read. */
const rowsOf = (
  at: number,
  { prices, volume, copies, damage }: typeof goodRow extends fc.Arbitrary<infer T> ? T : never,
) => {
  const [low, high] = prices.map(Number).sort((a, b) => a - b) as [number, number];
  const cells = [`${t0 + at * hourMs}`, prices[0], high.toFixed(2), low.toFixed(2), prices[1], volume];
  const partial = cells.with(5, '0.01').join(',');
  const before = copies.flatMap((copy) => {
    if (copy === 'same') return [{ text: cells.join(','), bad: false }];
    return copy === 'earlier'
      ? [{ text: partial, bad: false }]
      : [{ text: cells.with(1, 'null').join(','), bad: true }];
  });
  const bad = damage && { text: damage[0](cells, damage[1]).join(','), bad: true };
  return [...before, bad ?? { text: cells.join(','), bad: false }];
};

const style = fc.record({
  bom: fc.boolean(),
  newline: fc.constantFrom('\n', '\r\n'),
  lastNewline: fc.boolean(),
  gzip: fc.boolean(),
  noise: fc.constantFrom('', '# a comment', '   ', '\t'),
  quotes: fc.boolean(),
});

const numeric = (text: string): string =>
  text
    .split(',')
    .map((cell) => String(Number(cell)))
    .join(',');

test('of any damaged file exactly the rows that are certain are read, whatever it looks like', () => {
  fc.assert(
    fc.property(fc.array(goodRow, { minLength: 40, maxLength: 60 }), style, (rows, look) => {
      // Rows of different candles may stand in any order; those of one keep theirs.
      const groups = rows.map((row, at) => ({ key: row.order, lines: rowsOf(at, row) }));
      const lines = groups.sort((a, b) => a.key - b.key).flatMap((group) => group.lines);
      const badLines = lines.flatMap(({ bad }, at) => (bad ? [at * 2 + 2] : []));
      fc.pre(badLines.length * 2 < lines.length);
      const quoted = (text: string) => (look.quotes ? text.replaceAll(/[^,]+/g, '"$&"') : text);
      const body = lines
        .flatMap(({ text }) => [quoted(text), look.noise])
        .slice(0, look.lastNewline ? undefined : -1);
      const text = `${look.bom ? '\uFEFF' : ''}${[header, ...body].join(look.newline)}`;
      const found = read(look.gzip ? gzipSync(text, { level: 1 }) : Buffer.from(text));
      expect(found.refused.map(({ line }) => line)).toEqual(badLines);
      const intended = new Map(
        lines.filter(({ bad }) => !bad).map((line) => [line.text.split(',')[0], line.text]),
      );
      const expected = [...intended.entries()]
        .sort(([a], [b]) => Number(a) - Number(b))
        .map((entry) => numeric(entry[1]));
      expect(found.candles.map(({ line }) => line)).toEqual(expected);
      const { exact, conflicting } = found.duplicates;
      expect(found.candles.length + exact + conflicting + found.refusedRows).toBe(found.rows);
    }),
    { numRuns },
  );
}, 120_000);

const sample = Buffer.from(
  [header, ...Array.from({ length: 30 }, (_, at) => `${t0 + at * hourMs},10.5,12.25,9,11,5.125`), ''].join(
    '\n',
  ),
);

/** Either a typed refusal, or candles that keep every law. */
const requireTyped = (bytes: Buffer): void => {
  try {
    const { candles } = read(bytes);
    const times = candles.map(({ openTimeMs }) => openTimeMs);
    expect(times.every((time, at) => time % hourMs === 0 && time > (times[at - 1] ?? 0))).toBe(true);
    expect(candles.every(({ line }) => /^\d{13}(,\d+(\.\d+)?){5}$/.test(line))).toBe(true);
    expect(
      candles.every(({ line }) => valuesProblem(line.split(',').slice(1).map(Number)) === undefined),
    ).toBe(true);
  } catch (error) {
    if (!isLedgerError(error, 'CandleFileCorrupt')) throw error;
  }
};

const cut = fc.record({
  from: fc.nat({ max: sample.length }),
  remove: fc.nat({ max: 40 }),
  insert: fc.oneof(
    fc.uint8Array({ maxLength: 8 }),
    fc.string({ maxLength: 8 }).map((text) => Buffer.from(text)),
  ),
});

test('bytes changed anywhere give candles that keep the laws, or a typed refusal', () => {
  fc.assert(
    fc.property(fc.array(cut, { minLength: 1, maxLength: 4 }), fc.boolean(), (cuts, gzip) => {
      let bytes = gzip ? gzipSync(sample) : sample;
      for (const { from, remove, insert } of cuts) {
        const at = from % (bytes.length + 1);
        bytes = Buffer.concat([bytes.subarray(0, at), insert, bytes.subarray(at + remove)]);
      }
      requireTyped(bytes);
    }),
    { numRuns: 4 * numRuns },
  );
}, 120_000);

test('bytes that were never a table are refused', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.uint8Array({ maxLength: 400 }),
        fc.string({ maxLength: 400 }).map((text) => Buffer.from(text)),
      ),
      (bytes) => {
        requireTyped(Buffer.from(bytes));
        requireTyped(Buffer.concat([Buffer.from(`${header}\n`), bytes]));
      },
    ),
    { numRuns },
  );
}, 120_000);
