/** Ways in which the older stack deleted the only copy of its candles, and stood still behind them for ever. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Sqlite } from '../sqlite.ts';
import { openFresh } from './fresh.fixture.ts';
import { btc, genesisMs, hourMs, type LandOptions, land } from './ledger.fixture.ts';
import { removeOrphans } from './orphans.ts';

const at = (candle: number): number => genesisMs + candle * hourMs;
const page: LandOptions = { from: 0, count: 3 };

test('a file that was registered without its watermark: the next pass keeps it and goes on behind it', () => {
  const there = openFresh();
  const { path } = land(there, page);
  // What a crash between two transactions leaves; here they are one, so only a hand can make it.
  const raw = new Sqlite(there.path);
  raw.exec('drop trigger watermark_moves_forward');
  raw.prepare('update watermarks set value = ?').run(at(0));
  raw.close();
  expect(land(there, page)).toMatchObject({ registered: false, watermark: at(3), path });
  removeOrphans({ ...there, olderThanMs: 0 });
  expect(existsSync(join(there.dataDir, path))).toBe(true);
  expect(land(there, { from: 3, count: 2 })).toMatchObject({ registered: true, watermark: at(5) });
});

test('two ingests store the same page at once: the file of both stays, and is one row', () => {
  const there = openFresh();
  let winner: ReturnType<typeof land> | undefined;
  const loser = land(there, {
    ...page,
    crash: (point) => {
      if (point === 'file:unregistered') winner ??= land(there, page);
    },
  });
  expect(winner).toMatchObject({ registered: true, watermark: at(3), path: loser.path });
  expect(loser).toMatchObject({ registered: false, watermark: at(3) });
  removeOrphans({ ...there, olderThanMs: 0 });
  expect(existsSync(join(there.dataDir, loser.path))).toBe(true);
  expect(there.ledger.files({ limit: 9 })).toHaveLength(1);
  expect(there.ledger.watermark(btc)).toBe(at(3));
});

test('two ingests store different pages at once: the loser is told, its CSV alone goes', () => {
  const there = openFresh();
  let winner: ReturnType<typeof land> | undefined;
  const lose = () =>
    land(there, {
      ...page,
      count: 2,
      crash: (point) => {
        if (point === 'file:unregistered') winner ??= land(there, page);
      },
    });
  expect(lose).toThrow(expect.objectContaining({ code: 'WatermarkMoved' }));
  expect(removeOrphans({ ...there, olderThanMs: 0 })).toHaveLength(1);
  expect(existsSync(join(there.dataDir, winner?.path ?? ''))).toBe(true);
  expect(land(there, { from: 3, count: 2 })).toMatchObject({ registered: true, watermark: at(5) });
});
