import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { beforeEach, expect, it } from 'vitest';
import { loadConfig } from '../../config.ts';
import { freshDir } from '../../ledger/fresh.fixture.ts';
import { openLedger } from '../../ledger/open.ts';
import { landPage } from '../../tests/support/candles.ts';
import { trainHere } from '../../tests/support/trainers.ts';
import { trainDeps } from '../../workers/deps.ts';
import { createTrainRole } from '../index.ts';

const hourMs = 3_600_000;
const snapshotThread = new URL('../../tests/snapshot-thread.mjs', import.meta.url);

/** A worker's activities on folders of their own; what they write is as old as it is told to be. */
const open = () => {
  const home = freshDir();
  const config = loadConfig({
    ...{ SYMBOLS: 'BTC/USDT', TIMEFRAME: '1m', STATE_DIR: home, SNAPSHOT_DIR: join(home, 'backup') },
    ...{ DATA_DIR: join(home, 'ml'), MODELS_DIR: join(home, 'models') },
  });
  let ageMs = 0;
  const { ledgerFile, dataDir } = config.paths;
  const ledger = openLedger({ path: ledgerFile, domain: config.domain, clock: () => Date.now() - ageMs });
  const deps = trainDeps(config, {
    ...{ ledger, codeVersion: 'test', trainer: trainHere, client: undefined as never, snapshotThread },
  });
  const asked = { failedRetrains: async () => undefined, holdRetrain: async () => undefined };
  const role = createTrainRole({
    ...deps,
    ask: { ...deps.ask, ...asked },
    watch: { ...deps.watch, settleMs: 0 },
  });
  const run = <T>(work: () => Promise<T>): Promise<T> =>
    new MockActivityEnvironment({}, { logger: new DefaultLogger('ERROR') }).run(work) as Promise<T>;
  return {
    ...{ ledger, config, dataDir, backup: config.snapshots.dir },
    snapshot: () => run(() => role.takeSnapshot({ atMs: Date.now() - ageMs })),
    tidy: () => run(() => role.tidyDisk()),
    /** What it finds of the routines. */
    watch: async () => {
      const { problems } = await run(() => role.watchLoop());
      return problems.filter((one) => /^(routine|snapshot)/.test(one)).sort();
    },
    ago: async <T>(ms: number, work: () => T): Promise<Awaited<T>> => {
      ageMs = ms;
      try {
        return await work();
      } finally {
        ageMs = 0;
      }
    },
  };
};

let there: ReturnType<typeof open>;
beforeEach(() => {
  there = open();
});

it('a nightly snapshot that fails is told after two days, and its end when one is taken', async () => {
  const { ledger, backup, snapshot, watch, ago } = there;
  await ago(47 * hourMs, () => ledger.recordReading('snapshot', 0));
  expect(await watch()).toEqual([]);
  await ago(49 * hourMs, () => ledger.recordReading('snapshot', 0));
  writeFileSync(backup, 'a file where the folder should be');
  await expect(snapshot()).rejects.toThrow();
  expect(await watch()).toEqual(['routine_overdue snapshot']);
  expect(ledger.conditions().filter(({ kind }) => kind === 'routine_overdue')).toMatchObject([
    {
      subject: 'snapshot',
      severity: 'warning',
      message: expect.stringContaining('49 hours, the limit is 48'),
    },
  ]);
  rmSync(backup);
  await snapshot();
  expect(await watch()).toEqual([]);
  const told = ledger.alerts({ limit: 9 }).filter(({ kind }) => kind === 'routine_overdue');
  expect(told.map(({ status }) => status)).toEqual(['resolved', 'firing']);
});

it('a snapshot that lacks a file is told until one is whole again', async () => {
  const { ledger, config, dataDir, snapshot, watch } = there;
  landPage({ ledger, dataDir }, config.series[0]!, 10);
  const path = join(dataDir, ledger.files({ limit: 1 })[0]!.path);
  rmSync(path);
  expect(await snapshot()).toMatchObject({ missing: 1 });
  expect(await watch()).toEqual(['snapshot_incomplete snapshot']);
  ledger.quarantine({ fileId: ledger.files({ limit: 1 })[0]!.fileId, reason: 'gone' });
  expect(await snapshot()).toMatchObject({ missing: 0 });
  expect(await watch()).toEqual([]);
});

it('a janitor that fails, and a series that is not audited, are told; one that ends well is not', async () => {
  const { ledger, watch, tidy, ago } = there;
  await ago(hourMs + 60_000, tidy);
  await ago(49 * hourMs, () => ledger.recordReading('audit:binance:BTC/USDT:1m', 500));
  await ago(60_000, () => ledger.recordReading('watched', 0));
  expect(await watch()).toEqual(['routine_overdue audit binance:BTC/USDT:1m', 'routine_overdue janitor']);
  await tidy();
  expect(await watch()).toEqual(['routine_overdue audit binance:BTC/USDT:1m']);
});

it('what never ended is waited for from the first look on, and after a sleep of days the janitor anew', async () => {
  const { ledger, watch, tidy, ago } = there;
  await ago(72 * hourMs, tidy);
  await ago(72 * hourMs, () => ledger.recordReading('watched', 0));
  expect(await watch()).toEqual([]);
  expect(ledger.reading('audit:binance:BTC/USDT:1m')).toBeDefined();
  expect(ledger.reading('snapshot')).toMatchObject({ value: 0 });
});
