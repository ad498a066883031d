import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Sqlite } from '../../sqlite.ts';
import { formatCandles } from '../candle-file.ts';
import { candles, genesisMs, hourMs } from '../ledger.fixture.ts';

export const at = (hour: number): number => genesisMs + hour * hourMs;

/** As the Python stack made it. */
const schema = `
  CREATE TABLE files (
    file_id TEXT PRIMARY KEY, path TEXT NOT NULL, symbol TEXT NOT NULL, timeframe TEXT NOT NULL,
    t_start INTEGER NOT NULL, t_end INTEGER NOT NULL, sha256 TEXT NOT NULL, size_bytes INTEGER NOT NULL,
    status TEXT NOT NULL, created_at, processed_at, deleted_at);
  CREATE INDEX files_by_status ON files (status);
  CREATE TABLE watermarks (name TEXT PRIMARY KEY, value INTEGER NOT NULL);`;

export interface OlderFile {
  readonly symbol?: string;
  readonly from: number;
  readonly count: number;
  readonly status: string;
  readonly createdAt: unknown;
  readonly processedAt?: unknown;
  readonly deletedAt?: unknown;
  /** What the row says; the CSV is written to `incoming/` whatever it says. */
  readonly path?: string;
  readonly text?: string;
  readonly onDisk?: boolean;
  /** Told apart from other bytes of the same range. */
  readonly copy?: number;
  readonly fileId?: string;
  readonly sha256?: string;
  readonly timeframe?: string;
}

/** A manifest of the older stack and its CSVs under `dataDir`. */
export const makeOlder = (dataDir: string) => {
  const manifest = join(dataDir, 'manifest.sqlite');
  const db = new Sqlite(manifest);
  db.exec(schema);
  const insert = db.prepare('INSERT INTO files VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)');

  const file = (given: OlderFile): string => {
    const { symbol = 'BTC/USDT', from, count, status, createdAt, onDisk = true, copy = 0 } = given;
    const text = given.text ?? formatCandles(candles(from, count, copy)).toString();
    const sha256 = given.sha256 ?? createHash('sha256').update(text).digest('hex');
    const name = `${symbol.replace('/', '')}_${from}_${count}_${copy}.csv`;
    const path = given.path ?? join(dataDir, 'incoming', name);
    if (onDisk) {
      const place = join(dataDir, 'incoming', path.split('/').at(-1)!);
      mkdirSync(dirname(place), { recursive: true });
      writeFileSync(place, text);
    }
    const range = [at(from), at(from + count - 1), sha256, text.length];
    const times = [createdAt, given.processedAt ?? null, given.deletedAt ?? null];
    insert.run(given.fileId ?? sha256, path, symbol, given.timeframe ?? '1h', ...range, status, ...times);
    return sha256;
  };
  const watermark = (name: string, value: unknown): void => {
    db.prepare('INSERT INTO watermarks VALUES (?, ?)').run(name, value);
  };
  return { manifest, db, file, watermark };
};

/** Old enough to be fetched after its candles closed. */
export const backfilled = '2025-06-01T00:00:00';
/** Half an hour into candle number `last`. */
export const livedAt = (last: number): string =>
  new Date(at(last) + hourMs / 2).toISOString().replace('Z', '000').replace('T', ' ');
