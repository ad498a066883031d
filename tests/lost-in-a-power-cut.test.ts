import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { open as openController } from '../controller/controller.fixture.ts';
import { archive } from '../ledger/archive.fixture.ts';
import type { CrashPoint, CrashPointName } from '../ledger/crash-points.ts';
import { freshDir } from '../ledger/fresh.fixture.ts';
import { btc, Crash, genesisMs, land, run1 } from '../ledger/ledger.fixture.ts';
import { openLedger } from '../ledger/open.ts';
import { projectChampion } from '../registry/current.ts';
import { pruneVersions } from '../registry/prune.ts';
import { commit, openRegistry, promote, rowOf, write } from '../registry/registry.fixture.ts';
import { seriesKey } from '../series.ts';
import { Sqlite } from '../sqlite.ts';
import { missingOf, namedBy } from './support/named-by-ledger.ts';
import { cutPower, planSyncs, settle } from './support/power.ts';

vi.mock('node:fs', async (original) => (await import('./support/power.ts')).watched(await original()));

type There = ReturnType<typeof openRegistry>;
type Place = Omit<There, 'ledger'>;

interface Step {
  /** Makes what was there long before. */
  readonly before: (there: There) => void;
  /** Done again it goes on where a death left it. */
  readonly act: (there: There, crash: CrashPoint) => void;
}

type Act = Step['act'];

const steps: Readonly<Record<string, Step>> = {
  'a page of candles': {
    before: () => {},
    act: (there, crash) => {
      if (there.ledger.startWatermark(btc, genesisMs) === genesisMs)
        land(there, { from: 0, count: 3, crash });
    },
  },
  'a version': {
    before: (there) => void land(there, { from: 0, count: 3 }),
    act: (there, crash) => {
      if (there.ledger.versionCount() > 0) return;
      const { claimId } = there.ledger.claim({ ...run1, leaseMs: 1000, series: [seriesKey(btc)] });
      const version = rowOf(1, write(there, 1, { heads: '{}', crash }));
      there.ledger.commitVersion({ ...run1, claimId, version, dispositions: [] });
    },
  },
  'a promotion': {
    before: (there) => {
      for (const number of [1, 2]) commit(there, number);
      promote(there, 1);
      projectChampion(there);
    },
    act: (there, crash) => {
      promote(there, 2);
      projectChampion({ ...there, crash });
    },
  },
  'a month of the archive': {
    before: (there) => {
      commit(there, 1);
      archive(there);
      commit(there, 2);
    },
    act: (there, crash) => void archive(there, { crash }),
  },
  'a version that is pruned': {
    before: (there) => {
      for (const number of [1, 2, 3]) commit(there, number);
    },
    act: (there, crash) =>
      void pruneVersions({ ...there, keep: 2, archiveDir: join(there.dataDir, 'old'), crash }),
  },
};

/** What the ledger names and would be lost if the power went now. */
const lostNow = ({ dataDir, path }: Place): string[] => {
  const disk = freshDir({ inMemory: true });
  cutPower(dataDir, disk);
  const folders = { dataDir: disk, modelsDir: join(disk, 'models'), archiveDir: join(disk, 'old') };
  const lost = missingOf(namedBy(path), folders);
  rmSync(disk, { recursive: true });
  return lost;
};

/** A state that many begin from. */
const prepared = ({ before }: Step): string => {
  const there = openRegistry({ inMemory: true });
  before(there);
  there.ledger.close();
  return there.dataDir;
};

const copyOf = (origin: string): Place => {
  const root = freshDir({ inMemory: true });
  const dataDir = join(root, 'ml');
  cpSync(origin, dataDir, { recursive: true, verbatimSymlinks: true });
  settle(root);
  return {
    ...{ dataDir, modelsDir: join(dataDir, 'models'), path: join(dataDir, 'manifest.sqlite') },
    clock: { now: 1_000_000 },
  };
};

/** One process that does the step; `passed` hears of each named point, and of the end. */
const run = (place: Place, act: Act, passed: (point: CrashPointName | 'end') => void): void => {
  const { path, clock } = place;
  const ledger = openLedger({ path, domain: 'production', clock: () => clock.now, crash: passed });
  try {
    act({ ...place, ledger }, passed);
    passed('end');
  } finally {
    ledger.close();
  }
};

interface Fate {
  /** Of all named points and syncs the one at which the process dies, from 1; then another one goes on. */
  readonly death?: number;
  readonly withoutSync?: number;
}

/** Lets the power go at each named point: what the ledger names and the disk does not have then. */
const lostDuring = (origin: string, act: Act, { death, withoutSync }: Fate = {}) => {
  const place = copyOf(origin);
  const moments: string[] = [];
  const lost: string[] = [];
  const syncs: number[] = [];
  const live = (moment: string): void => {
    moments.push(moment);
    if (moments.length === death) throw new Crash(moment);
  };
  const passed = (point: string): void => {
    lost.push(...lostNow(place).map((what) => `${what} at ${point}`));
    live(point);
  };
  const before = (number: number, isNews: boolean): void => {
    if (isNews) syncs.push(number);
    live(`sync ${number}`);
  };
  planSyncs({ before, without: withoutSync });
  if (death !== undefined) expect(() => run(place, act, live)).toThrow(Crash);
  run(place, act, passed);
  planSyncs({});
  return { moments, lost, syncs };
};

describe.each(Object.entries(steps))('%s', (_, step) => {
  it('is there after a power cut at any point, as far as the ledger names it', () => {
    const { moments, lost } = lostDuring(prepared(step), step.act);
    expect(lost).toEqual([]);
    expect(moments.length).toBeGreaterThan(6);
  });

  it('is there after a power cut also where a process died before and another one went on', () => {
    const origin = prepared(step);
    const { moments } = lostDuring(origin, step.act);
    const lost = moments.slice(0, -1).flatMap((moment, at) => {
      const after = lostDuring(origin, step.act, { death: at + 1 });
      return after.lost.map((what) => `${what}, after a death at ${moment}`);
    });
    expect(lost).toEqual([]);
  });

  it('would be lost without any one of the syncs that have something to sync', () => {
    const origin = prepared(step);
    const { syncs } = lostDuring(origin, step.act);
    const needless = syncs.filter(
      (withoutSync) => lostDuring(origin, step.act, { withoutSync }).lost.length === 0,
    );
    expect(syncs.length).toBeGreaterThan(0);
    expect(needless).toEqual([]);
  });
});

/** How a connection was set when it closed. */
const settingsOf = (connect: () => { close: () => void }): object => {
  const { close } = Sqlite.prototype;
  const found: object[] = [];
  const watching = vi.spyOn(Sqlite.prototype, 'close').mockImplementation(function (this: Sqlite.Database) {
    const [journal, synchronous] = ['journal_mode', 'synchronous'].map((name) =>
      this.pragma(name, { simple: true }),
    );
    found.push({ journal, synchronous });
    return close.call(this);
  });
  connect().close();
  watching.mockRestore();
  return found;
};

const full = 2;

it.each([
  ['the ledger', () => openLedger({ path: join(freshDir(), 'manifest.sqlite'), domain: 'production' })],
  ['the parameter store', () => openController()],
])('a commit of %s is on disk when it returns: SQLite syncs its log', (_, connect) => {
  expect(settingsOf(connect)).toEqual([{ journal: 'wal', synchronous: full }]);
});
