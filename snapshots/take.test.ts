import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { versionIdOfStates } from '../api/app.fixture.ts';
import { archiveProcessed } from '../ledger/archive.ts';
import { archivePath, monthsOnDisk } from '../ledger/archive-files.ts';
import { sha256Of } from '../ledger/candle-file.ts';
import { commandPoints } from '../ledger/command-points.fixture.ts';
import { writeDurably } from '../ledger/durable-file.ts';
import { Crash, crashAt } from '../ledger/ledger.fixture.ts';
import { openLedger } from '../ledger/open.ts';
import { createRandom } from '../numerics/random.ts';
import { parseSeries } from '../series.ts';
import { filesUnder } from './folders.ts';
import { snapshotNames } from './names.ts';
import type { Places } from './places.ts';
import { listSnapshots, pruneSnapshots } from './retention.ts';
import { openStore, trainedState } from './snapshots.fixture.ts';
import { takeSnapshot } from './take.ts';
import { verifySnapshot } from './verify.ts';

afterEach(() => vi.restoreAllMocks());

test('a snapshot holds ledger, parameter store, every version and every candle, and verifies', async () => {
  const { take, places, decisionId } = trainedState();
  const made = await take(Date.UTC(2026, 0, 31, 4, 5, 6, 789));
  expect(made).toMatchObject({
    name: '20260131T040506.789Z',
    champion: versionIdOfStates(3),
    versions: [{ version_id: versionIdOfStates(3) }, { version_id: versionIdOfStates(2) }],
    candles: { archived_months: 0, landed_files: 2 },
    parameter_store: true,
    missing: [],
  });
  expect(verifySnapshot(places.snapshotDir, made.name)).toMatchObject({ ok: true, files: 10, problems: [] });
  const folder = join(places.snapshotDir, made.name);
  const ledger = openLedger({ path: join(folder, 'ledger.sqlite'), domain: 'production', readonly: true });
  expect(ledger.fileCounts().processed).toBe(2);
  ledger.close();
  const copy = join(places.dataDir, 'copy.sqlite');
  cpSync(join(folder, 'controller.sqlite'), copy);
  const controller = openStore(copy);
  expect(controller.decision(decisionId).decision_id).toBe(decisionId);
  controller.close();
});

test('the same moment again is the same snapshot', async () => {
  const { take, places } = trainedState();
  expect(await take(1e12)).toEqual(await take(1e12));
  expect(snapshotNames(places.snapshotDir)).toEqual(['20010909T014640.000Z']);
});

test('a flipped bit in any file is found, and so is a file that went or came', async () => {
  const { take, places } = trainedState();
  const { name } = await take();
  const folder = join(places.snapshotDir, name);
  const random = createRandom(7);
  const files = filesUnder(folder);
  expect(files.length).toBe(12);
  for (const file of files) {
    const path = join(folder, file);
    const bytes = readFileSync(path);
    for (let flip = 0; flip < 10; flip += 1) {
      const altered = Buffer.from(bytes);
      const at = Math.floor(random.uniform() * bytes.length);
      altered[at]! ^= 1 << Math.floor(random.uniform() * 8);
      writeFileSync(path, altered);
      const { ok, problems } = verifySnapshot(places.snapshotDir, name);
      expect({ file, at, ok }).toEqual({ file, at, ok: false });
      expect(problems[0]!.file).toBe(file.startsWith('manifest.') ? 'manifest.json' : file);
    }
    rmSync(path);
    expect(verifySnapshot(places.snapshotDir, name).ok).toBe(false);
    writeFileSync(path, bytes);
  }
  expect(verifySnapshot(places.snapshotDir, name).ok).toBe(true);
  writeFileSync(join(folder, 'registry', 'more.txt'), 'x');
  expect(verifySnapshot(places.snapshotDir, name).problems).toEqual([
    { file: 'registry/more.txt', problem: 'the manifest does not know it' },
  ]);
});

test.each(commandPoints('snapshot'))(
  'after a crash at %s there is no snapshot, or a whole one',
  async (point) => {
    const { places } = trainedState();
    await expect(takeSnapshot({ places, atMs: 1e12, crash: crashAt(point) })).rejects.toThrow(Crash);
    const left = snapshotNames(places.snapshotDir);
    expect(left).toEqual(point === 'snapshot:renamed' ? ['20010909T014640.000Z'] : []);
    for (const name of left) expect(verifySnapshot(places.snapshotDir, name)).toMatchObject({ ok: true });
    await takeSnapshot({ places, atMs: 1e12 });
    expect(listSnapshots(places.snapshotDir)).toMatchObject([
      { champion: versionIdOfStates(3), versions: 2 },
    ]);
  },
);

/** What has the name of no snapshot. */
const halfOnes = ({ snapshotDir }: Places): string[] =>
  readdirSync(snapshotDir).filter((name) => !snapshotNames(snapshotDir).includes(name));

const inADay = (): void =>
  void vi.spyOn(Date, 'now').mockReturnValue(new Date().getTime() + 24 * 60 * 60_000 + 1_000);

test('what a killed run has half copied goes after a day, and not while its run may still be copying', async () => {
  const { take, places } = trainedState();
  await expect(takeSnapshot({ places, atMs: 1e12, crash: crashAt('snapshot:copied') })).rejects.toThrow(
    Crash,
  );
  const { name } = await take(2e12);
  pruneSnapshots(places.snapshotDir, 2);
  expect(halfOnes(places)).toHaveLength(1);
  inADay();
  expect(pruneSnapshots(places.snapshotDir, 2)).toEqual([]);
  expect(readdirSync(places.snapshotDir)).toEqual([name]);
  expect(verifySnapshot(places.snapshotDir, name)).toMatchObject({ ok: true });
});

test.each(commandPoints('old-snapshot'))(
  'after a crash at %s an old snapshot is there no more, and nothing of it stays',
  async (point) => {
    const { take, places } = trainedState();
    for (const atMs of [1e12, 2e12, 3e12]) await take(atMs);
    const names = snapshotNames(places.snapshotDir);
    expect(() => pruneSnapshots(places.snapshotDir, 1, crashAt(point))).toThrow(Crash);
    expect(snapshotNames(places.snapshotDir)).toEqual(names.slice(1));
    for (const name of names.slice(1)) expect(verifySnapshot(places.snapshotDir, name).ok).toBe(true);
    expect(pruneSnapshots(places.snapshotDir, 1)).toEqual([names[1]]);
    inADay();
    pruneSnapshots(places.snapshotDir, 1);
    expect(readdirSync(places.snapshotDir)).toEqual(names.slice(2));
  },
);

test('a champion that is damaged is no basis for a snapshot', async () => {
  const { take, places, modelsDir } = trainedState();
  writeFileSync(join(modelsDir, 'registry', versionIdOfStates(3), 'model.json'), '{}');
  await expect(take()).rejects.toThrow(expect.objectContaining({ code: 'Damaged' }));
  expect(snapshotNames(places.snapshotDir)).toEqual([]);
});

test('files that are moved while they are copied start it over; candles that are lost are named', async () => {
  const { ledger, places, dataDir } = trainedState();
  let attempts = 0;
  const crash = (point: string) => {
    if (point !== 'snapshot:copied') return;
    attempts += 1;
    if (attempts === 1) ledger.markArchived([ledger.files({ limit: 1 })[0]!.fileId]);
  };
  rmSync(join(dataDir, ledger.files({ limit: 2 })[1]!.path));
  const { missing, candles } = await takeSnapshot({ places, atMs: 1e12, crash });
  expect(attempts).toBe(2);
  expect(missing).toEqual([`candles ${ledger.files({ limit: 2 })[1]!.path}`]);
  expect(candles.landed_files).toBe(1);
});

/** Everything that was trained on is in months, but for the page that is landed last. */
const archivedState = () => {
  const state = trainedState();
  const series = parseSeries('binance:BTC/USDT:1h');
  const archive = { ...state, series, deleteAfterProcess: true, archiveDays: 365 };
  expect(archiveProcessed(archive)).toMatchObject({ archived: 2, deleted: 2 });
  const months = monthsOnDisk(state.dataDir, series);
  return { ...state, months, monthPath: archivePath(state.dataDir, series, months[0]!) };
};

const flipBit = (path: string): void => {
  const bytes = readFileSync(path);
  bytes[bytes.length >> 1]! ^= 1;
  writeFileSync(path, bytes);
};

test('a month that was altered or is gone before the snapshot is named, and is not certified as sound', async () => {
  const { take, places, months, monthPath, dataDir } = archivedState();
  expect(await take(1e12)).toMatchObject({
    missing: [],
    candles: { archived_months: months.length, landed_files: 0 },
  });
  const name = `month ${relative(dataDir, monthPath)}`;
  flipBit(monthPath);
  const altered = await take(2e12);
  expect(altered).toMatchObject({
    missing: [`${name} (altered)`],
    candles: { archived_months: months.length - 1 },
  });
  expect(Object.keys(altered.files)).not.toContain(relative(dataDir, monthPath));
  expect(verifySnapshot(places.snapshotDir, altered.name)).toMatchObject({ ok: true, problems: [] });
  rmSync(monthPath);
  expect(await take(3e12)).toMatchObject({ missing: [name] });
});

test('a landed CSV that was altered before the snapshot is named; one that was put aside is no loss any more', async () => {
  const { take, ledger, dataDir } = trainedState();
  const [first, second] = ledger.files({ limit: 2 });
  flipBit(join(dataDir, first!.path));
  rmSync(join(dataDir, second!.path));
  expect((await take(1e12)).missing).toEqual([`candles ${second!.path}`, `candles ${first!.path} (altered)`]);
  for (const file of [first, second]) ledger.quarantine({ fileId: file!.fileId, reason: 'it was altered' });
  expect((await take(2e12)).missing).toEqual([]);
});

test('a month that is replaced while it is copied starts the snapshot over, and is not called altered', async () => {
  const { ledger, places, monthPath, months } = archivedState();
  const series = parseSeries('binance:BTC/USDT:1h');
  let attempts = 0;
  const crash = (point: string) => {
    if (point !== 'snapshot:copied') return;
    attempts += 1;
    if (attempts > 1) return;
    const from = sha256Of(readFileSync(monthPath));
    const bytes = `${readFileSync(monthPath, 'utf8')}\n`;
    ledger.announceMonth({ series, month: months[0]!, from, to: sha256Of(bytes) });
    writeDurably(monthPath, bytes);
  };
  expect(await takeSnapshot({ places, atMs: 1e12, crash })).toMatchObject({ missing: [] });
  expect(attempts).toBe(2);
});
