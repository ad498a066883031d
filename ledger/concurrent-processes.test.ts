import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { parseSeries, seriesKey } from '../series.ts';
import { openFresh } from './fresh.fixture.ts';
import { genesisMs, hourMs } from './ledger.fixture.ts';
import type { Ledger } from './open.ts';

interface Report {
  readonly completed: string[];
  readonly failures: string[];
  readonly slowestMs: number;
}

const claimer = fileURLToPath(new URL('./claimer.fixture.ts', import.meta.url));
const processes = 6;

/** Rows only: this is about the ledger, not about the disk. */
const register = (ledger: Ledger, symbol: number, at: number): void => {
  const series = parseSeries(`binance:S${symbol}/USDT:1h`);
  const [tStart, fileId] = [genesisMs + at * hourMs, `${seriesKey(series)}-${at}`];
  const content = { fileId, sha256: fileId, kind: 'candles', path: fileId, bars: 1, sizeBytes: 1 } as const;
  ledger.startWatermark(series, tStart);
  ledger.registerFile({
    file: { ...content, ...series, tStart, tEnd: tStart, fetchedAt: at },
    expectedWatermark: tStart,
    nextWatermark: tStart + hourMs,
    gaps: [],
  });
};

const start = async (path: string, number: number): Promise<Report> => {
  const args = ['--import', 'tsx', claimer, path, `p${number}`, String(number + 1)];
  const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: 1e8 });
  return JSON.parse(stdout);
};

test('processes that claim, renew, complete, give back and die at once do each file exactly once', async () => {
  const { ledger, path } = openFresh();
  for (let file = 0; file < 600; file += 1) register(ledger, file % 12, Math.floor(file / 12));
  const reports = await Promise.all(Array.from({ length: processes }, (_, number) => start(path, number)));
  const completed = reports.flatMap((report) => report.completed);
  expect(completed).toHaveLength(600);
  expect(new Set(completed).size).toBe(600);
  expect(ledger.fileCounts()).toMatchObject({ processed: 600, downloaded: 0, processing: 0 });
  expect(ledger.openClaims()).toEqual([]);
  const seen = new Set(reports.flatMap((report) => report.failures));
  seen.delete('Fenced');
  expect([...seen]).toEqual([]);
  expect(Math.max(...reports.map(({ slowestMs }) => slowestMs))).toBeLessThan(30_000);
}, 120_000);

test('processes that open a new ledger at the same moment make it once', async () => {
  const { dataDir } = openFresh();
  const path = `${dataDir}/new.sqlite`;
  const reports = await Promise.all(Array.from({ length: processes }, (_, number) => start(path, number)));
  expect(reports.every(({ failures }) => failures.length === 0)).toBe(true);
}, 120_000);
