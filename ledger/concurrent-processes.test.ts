import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { Sqlite } from '../sqlite.ts';
import { openFresh } from './fresh.fixture.ts';
import { genesisMs, hourMs } from './ledger.fixture.ts';

interface Report {
  readonly completed: string[];
  readonly failures: string[];
  /** How long each call took, the wait for the lock included. */
  readonly waitsMs: number[];
}

const claimer = fileURLToPath(new URL('./claimer.fixture.ts', import.meta.url));
const processes = 8;
const seriesCount = 200;
const filesPerSeries = process.env['AUTOTRAIN_TESTS'] === 'full' ? 500 : 100;
const total = seriesCount * filesPerSeries;

/** No caller waits longer for its turn, however many there are. */
const boundMs = 30_000;

/** Rows only, and all at once: this is about claims, not about disks or registrations. */
const register = (path: string): void => {
  const db = new Sqlite(path);
  db.exec(`
    with recursive number(n) as (select 0 union all select n + 1 from number where n < ${total - 1})
    insert into files (file_id, sha256, kind, path, exchange, symbol, timeframe, t_start, t_end, bars, size_bytes,
      fetched_at, status, attempts, created_at)
    select 'file-' || n, 'file-' || n, 'candles', 'file-' || n, 'binance', 'S' || (n % ${seriesCount}) || '/USDT', '1h',
      at, at, 1, 1, 1, 'downloaded', 0, 1
    from (select n, ${genesisMs} + n / ${seriesCount} * ${hourMs} as at from number)`);
  db.close();
};

const start = async (path: string, number: number): Promise<Report> => {
  const args = ['--import', 'tsx', claimer, path, `p${number}`, String(number + 1), String(seriesCount)];
  const running = promisify(execFile)(process.execPath, args, { maxBuffer: 1e9 });
  onTestFinished(() => void running.child.kill('SIGKILL'));
  return JSON.parse((await running).stdout);
};

const startAll = (path: string): Promise<Report[]> =>
  Promise.all(Array.from({ length: processes }, (_, number) => start(path, number)));

test(`${processes} processes that claim, renew, complete, give back and die at once do each of ${total} files exactly once`, async () => {
  const { ledger, path } = openFresh();
  register(path);
  const reports = await startAll(path);
  const completed = reports.flatMap((report) => report.completed);
  expect(completed).toHaveLength(total);
  expect(new Set(completed).size).toBe(total);
  expect(ledger.fileCounts()).toMatchObject({ processed: total, downloaded: 0, processing: 0 });
  expect(ledger.openClaims()).toEqual([]);
  // One that starts late may find everything done.
  expect(reports.filter((report) => report.completed.length > 0).length).toBeGreaterThan(1);
  const seen = new Set(reports.flatMap((report) => report.failures));
  seen.delete('Fenced');
  expect([...seen]).toEqual([]);
  const waits = reports.flatMap(({ waitsMs }) => waitsMs);
  expect(Math.max(...waits)).toBeLessThan(boundMs);
}, 600_000);

test('processes that open a new ledger at the same moment make it once', async () => {
  const { dataDir } = openFresh();
  const reports = await startAll(`${dataDir}/new.sqlite`);
  expect(reports.every(({ failures }) => failures.length === 0)).toBe(true);
}, 120_000);
