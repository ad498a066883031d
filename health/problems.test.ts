import { describe, expect, it } from 'vitest';
import { loadConfig } from '../config.ts';
import { clockOffsetMs } from './clock-skew.ts';
import { diskSpace } from './disk.ts';
import { foldersOf } from './folders.ts';
import { type LoopLedger, type LoopView, viewLoop } from './loop-view.ts';
import { loopProblems } from './problems.ts';

const limits = {
  staleCandles: 5,
  emptyRuns: 3,
  diskFreeBytes: 100,
  clockSkewMs: 5_000,
  routineMs: { audit: 172_800_000, janitor: 3_600_000, snapshot: 172_800_000 },
};
const hourMs = 3_600_000;
const btc = { exchange: 'binance', symbol: 'BTC/USDT', timeframe: '1h' } as const;

const well: LoopView = {
  lags: [{ series: 'a', timeframeMs: hourMs, lagCandles: 1, idleMs: 0 }],
  emptyRuns: 2,
  claimedFiles: 0,
  failedRetrains: undefined,
  clockOffsetMs: 5_000,
  disks: [{ name: 'data', root: '/ml', device: 1, freeBytes: 100, totalBytes: 1_000 }],
  routines: [{ routine: 'janitor', subject: 'janitor', ageMs: 3_600_000 }],
  snapshotMissing: 0,
};
const kindsOf = (view: Partial<LoopView>) =>
  loopProblems({ ...well, ...view }, limits).map(({ kind }) => kind);

describe('what is a problem', () => {
  it('is nothing at the limits, and each beyond its own', () => {
    expect(kindsOf({})).toEqual([]);
    expect(kindsOf({ emptyRuns: 3 })).toEqual(['empty_runs']);
    expect(kindsOf({ clockOffsetMs: -5_001 })).toEqual(['clock_skew']);
    expect(kindsOf({ disks: [{ ...well.disks[0]!, freeBytes: 99 }] })).toEqual(['disk_low']);
    expect(kindsOf({ routines: [{ routine: 'snapshot', subject: 'snapshot', ageMs: 172_800_001 }] })).toEqual(
      ['routine_overdue'],
    );
    expect(kindsOf({ snapshotMissing: 1 })).toEqual(['snapshot_incomplete']);
    const failed = { inARow: 2, type: 'TrainingFailed', message: 'no', workflowId: 'w', runId: 'r' };
    expect(kindsOf({ failedRetrains: failed })).toEqual(['retrain_failed']);
  });

  it('is a lag that does not shrink: a backfill of years is none', () => {
    const lagging = (lagCandles: number | undefined, idleMs: number) =>
      kindsOf({ lags: [{ series: 'a', timeframeMs: hourMs, lagCandles, idleMs }] });
    expect(lagging(6, 5 * hourMs + 1)).toEqual(['stale']);
    expect(lagging(6, 5 * hourMs)).toEqual([]);
    expect(lagging(5, 9 * hourMs)).toEqual([]);
    expect(lagging(undefined, 9 * hourMs)).toEqual(['stale']);
  });
});

describe('the disks', () => {
  const config = loadConfig({
    ...{
      DATA_DIR: '/ml',
      MODELS_DIR: '/models',
      LEDGER_DB: '/fast/manifest.sqlite',
      PC_DB: '/fast/pc.sqlite',
    },
    ...{ SNAPSHOT_DIR: '/backup', MODEL_ARCHIVE_DIR: '/backup/models' },
  });
  /** By the first folder of their paths; /ml and /models are folders of one disk. */
  const devices: Record<string, number> = { ml: 1, models: 1, fast: 2, backup: 3 };
  const disksWith = (free: Record<number, number>) =>
    diskSpace(foldersOf(config), (folder) => {
      const device = devices[folder.root.split('/')[1]!]!;
      return { ...folder, device, freeBytes: free[device] ?? 1_000, totalBytes: 1_000 };
    });
  const lowOf = (free: Record<number, number>) =>
    loopProblems({ ...well, disks: disksWith(free) }, limits).map(({ subject }) => subject);

  it('are those of every folder that the loop writes, each disk once but for the two roots', () => {
    expect(disksWith({}).map(({ name }) => name)).toEqual(['data', 'models', 'ledger', 'snapshots']);
    const names = foldersOf(loadConfig({ MODEL_ARCHIVE_DIR: '/archive' })).map(({ name }) => name);
    expect(names).toEqual([
      ...['data', 'models', 'landing', 'ledger', 'parameters', 'snapshots', 'model_archive'],
    ]);
  });

  it('that are full are told, also where only the ledger, or only the snapshots lie there, each once', () => {
    expect(lowOf({})).toEqual([]);
    expect(lowOf({ 1: 99 })).toEqual(['/ml']);
    expect(lowOf({ 2: 99 })).toEqual(['/fast/manifest.sqlite']);
    expect(lowOf({ 2: 99, 3: 0 })).toEqual(['/fast/manifest.sqlite', '/backup']);
  });
});

describe('what is looked at', () => {
  const nowMs = 1_000 * hourMs;
  const ledgerWith = (value: number, offset?: number): LoopLedger => ({
    watermarks: () => [{ series: 'binance:BTC/USDT:1h', value, updatedAt: nowMs - 7 }],
    reading: (name) =>
      name === 'clock_offset_ms' && offset !== undefined
        ? { name, value: offset, detail: null, updatedAt: nowMs }
        : undefined,
    claimAttempts: () => ({ newest: undefined, emptyInARow: 0 }),
    madeAt: () => 0,
  });
  const lagOf = (value: number, offset?: number, isReplay = false) =>
    viewLoop({ ledger: ledgerWith(value, offset), series: [btc], disks: [], isReplay, now: () => nowMs })
      .lags[0];

  it('is the age of a watermark in candles, by the clock of the exchange where it is known', () => {
    expect(lagOf(nowMs - 3 * hourMs)).toMatchObject({ lagCandles: 3, idleMs: 7 });
    expect(lagOf(nowMs)).toMatchObject({ lagCandles: 0 });
    expect(lagOf(nowMs - 3 * hourMs, 2 * hourMs)).toMatchObject({ lagCandles: 5 });
    expect(lagOf(nowMs - 900 * hourMs, -899 * hourMs, true)).toMatchObject({ lagCandles: 1 });
    expect(lagOf(nowMs - 900 * hourMs, undefined, true)).toMatchObject({ lagCandles: 0 });
  });

  it('is a difference of clocks as far as it is certain', () => {
    expect(clockOffsetMs(100, 150, 900)).toBe(0);
    expect(clockOffsetMs(100, 40, 900)).toBe(-60);
    expect(clockOffsetMs(100, 1_000, 900)).toBe(100);
  });

  it('is the disk of a folder that is not there yet', () => {
    const [there, missing] = diskSpace([
      { name: 'data', root: '/' },
      { name: 'models', root: '/not/there/yet' },
    ]);
    expect(there!.freeBytes).toBeGreaterThan(0);
    expect(missing!.root).toBe('/not/there/yet');
    expect(Math.abs(missing!.freeBytes - there!.freeBytes)).toBeLessThan(2 ** 30);
  });
});
