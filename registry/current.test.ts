import { mkdirSync, readdirSync, readlinkSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { freshDir } from '../ledger/fresh.fixture.ts';
import { Crash, crashAt } from '../ledger/ledger.fixture.ts';
import { openLedger } from '../ledger/open.ts';
import { pointCurrentAt, projectChampion, readCurrent } from './current.ts';
import { reconcileCurrent } from './reconcile.ts';
import { commit, idOf, openRegistry, promote, write } from './registry.fixture.ts';

/** Versions 1 … 3, the second promoted after the first. */
const served = () => {
  const there = openRegistry();
  for (const number of [1, 2, 3]) commit(there, number);
  for (const number of [1, 2]) {
    promote(there, number);
    projectChampion(there);
  }
  return there;
};

const linkTo = (modelsDir: string, target: string): void => {
  const path = join(modelsDir, 'current');
  rmSync(path, { force: true });
  symlinkSync(target, path);
};

const lastAction = ({ ledger }: ReturnType<typeof served>) => ledger.auditTrail({ limit: 1 })[0]?.action;

test('the link follows the ledger, and is relative', () => {
  const there = served();
  expect(readCurrent(there.modelsDir)).toBe(idOf(2));
  expect(readlinkSync(join(there.modelsDir, 'current'))).toBe(`registry/${idOf(2)}`);
  expect(there.ledger.champion()?.linkedAt).not.toBeNull();
  expect(reconcileCurrent(there)).toBe('none');
});

test('no link, or one into the void, is no version', () => {
  const there = openRegistry();
  expect(readCurrent(there.modelsDir)).toBeUndefined();
  linkTo(there.modelsDir, 'registry/nothing');
  expect(readCurrent(there.modelsDir)).toBeUndefined();
});

test('a link out of the registry is refused', () => {
  const there = served();
  mkdirSync(join(there.dataDir, idOf(8)));
  linkTo(there.modelsDir, `../${idOf(8)}`);
  expect(() => readCurrent(there.modelsDir)).toThrow(expect.objectContaining({ code: 'Corrupt' }));
});

test('the link is not pointed at what is missing or corrupt', () => {
  const there = served();
  const corrupt = expect.objectContaining({ code: 'Corrupt' });
  expect(() => pointCurrentAt(there.modelsDir, idOf(9), 99)).toThrow(corrupt);
  rmSync(join(there.modelsDir, 'registry', idOf(3), 'model.json'));
  expect(() => pointCurrentAt(there.modelsDir, idOf(3), 99)).toThrow(corrupt);
  expect(readCurrent(there.modelsDir)).toBe(idOf(2));
});

test('a temporary link that a crash left is gone after the next swap, also when that is another promotion', () => {
  const there = served();
  promote(there, 3);
  expect(() => projectChampion({ ...there, crash: crashAt('link:tmp') })).toThrow(Crash);
  promote(there, 2);
  projectChampion(there);
  expect(readdirSync(there.modelsDir).filter((name) => name.startsWith('.current-'))).toEqual([]);
});

test.each(['link:tmp', 'link:renamed', 'link:synced'])(
  'a crash at %s leaves a link that resolves, and the start finishes the promotion instead of undoing it',
  (point) => {
    const there = served();
    promote(there, 3);
    expect(() => projectChampion({ ...there, crash: crashAt(point) })).toThrow(Crash);
    expect([idOf(2), idOf(3)]).toContain(readCurrent(there.modelsDir));
    expect(reconcileCurrent(there)).toBe('projected');
    expect(readCurrent(there.modelsDir)).toBe(idOf(3));
    expect(there.ledger.champion()?.versionId).toBe(idOf(3));
    expect(reconcileCurrent(there)).toBe('none');
  },
);

test('a process that died between promotion and link has its promotion carried out at the next start', () => {
  const there = served();
  promote(there, 3);
  expect(reconcileCurrent(there)).toBe('projected');
  expect(readCurrent(there.modelsDir)).toBe(idOf(3));
});

test('a projection that was slow points at the newest champion, not at its own', () => {
  const there = served();
  promote(there, 3);
  promote(there, 1);
  expect(projectChampion(there)?.versionId).toBe(idOf(1));
  expect(projectChampion(there)?.versionId).toBe(idOf(1));
  expect(readCurrent(there.modelsDir)).toBe(idOf(1));
});

test('a link that was set by hand to another known version is adopted, with a trace', () => {
  const there = served();
  linkTo(there.modelsDir, `registry/${idOf(1)}`);
  expect(reconcileCurrent(there)).toBe('adopted');
  expect(there.ledger.champion()).toMatchObject({
    versionId: idOf(1),
    kind: 'adopt',
    previousVersionId: idOf(2),
  });
  expect(lastAction(there)).toBe('version.adopt');
  expect(reconcileCurrent(there)).toBe('none');
  linkTo(there.modelsDir, `registry/${idOf(3)}`);
  expect(reconcileCurrent(there)).toBe('adopted');
  expect(there.ledger.champion()?.versionId).toBe(idOf(3));
});

const broken = [
  ['is gone', (dir: string) => rmSync(join(dir, 'current'))],
  ['points into the void', (dir: string) => linkTo(dir, 'registry/nothing')],
  ['points out of the registry', (dir: string) => linkTo(dir, '..')],
  ['points at a version that the ledger does not know', (dir: string) => linkTo(dir, `registry/${idOf(7)}`)],
  [
    'points at a version that was altered',
    (dir: string) => {
      rmSync(join(dir, 'registry', idOf(1), 'metadata.json'));
      linkTo(dir, `registry/${idOf(1)}`);
    },
  ],
] as const;

test.each(broken)('a link that %s is restored from the ledger', (_, spoil) => {
  const there = served();
  write(there, 7);
  spoil(there.modelsDir);
  expect(reconcileCurrent(there)).toBe('restored');
  expect(readCurrent(there.modelsDir)).toBe(idOf(2));
  expect(there.ledger.champion()?.versionId).toBe(idOf(2));
  expect(lastAction(there)).toBe('link.restored');
});

test('without a champion a sound link is adopted and a broken one removed', () => {
  const there = openRegistry();
  linkTo(there.modelsDir, 'registry/nothing');
  expect(reconcileCurrent(there)).toBe('removed');
  expect(reconcileCurrent(there)).toBe('none');
  commit(there, 1);
  linkTo(there.modelsDir, `registry/${idOf(1)}`);
  expect(reconcileCurrent(there)).toBe('adopted');
  expect(there.ledger.champion()?.versionId).toBe(idOf(1));
});

test('a directory of that name is not replaced', () => {
  const there = openRegistry();
  commit(there, 1);
  mkdirSync(join(there.modelsDir, 'current'));
  promote(there, 1);
  expect(() => projectChampion(there)).toThrow();
  expect(there.ledger.champion()?.linkedAt).toBeNull();
});

/** Reads as a gateway does: realpath once, then both files inside that. Plain JavaScript, so that it runs as it is. */
const reader = `
  const { parentPort, workerData } = require('node:worker_threads');
  const { readFileSync, realpathSync } = require('node:fs');
  let reads = 0, torn = 0;
  const seen = new Set();
  const read = () => {
    const dir = realpathSync(workerData + '/current');
    const model = JSON.parse(readFileSync(dir + '/model.json', 'utf8'));
    const metadata = JSON.parse(readFileSync(dir + '/metadata.json', 'utf8'));
    if (model.series['binance:BTC/USDT:1h'].scaler.mean[0] !== metadata.number) torn += 1;
    seen.add(metadata.number);
  };
  parentPort.on('message', () => { parentPort.postMessage({ reads, torn, seen: seen.size }); process.exit(); });
  const loop = () => {
    for (let i = 0; i < 50; i += 1) {
      try { read(); } catch { torn += 1; }
      reads += 1;
    }
    setImmediate(loop);
  };
  loop();
`;

test('a reader during a thousand swaps never sees a missing or a mixed version', async () => {
  const there = served();
  const worker = new Worker(reader, { eval: true, workerData: there.modelsDir });
  const report = new Promise<{ reads: number; torn: number; seen: number }>((resolve) => {
    worker.once('message', resolve);
  });
  await new Promise((resolve) => worker.once('online', resolve));
  for (let swap = 0; swap < 1000; swap += 1) {
    pointCurrentAt(there.modelsDir, idOf(1 + (swap % 3)), swap);
    if (swap % 20 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  worker.postMessage('stop');
  const { reads, torn, seen } = await report;
  expect(torn).toBe(0);
  expect(reads).toBeGreaterThan(500);
  expect(seen).toBe(3);
}, 60_000);

test('a production ledger and a research registry beside it are two worlds', () => {
  const there = served();
  const research = freshDir();
  const ledger = openLedger({ path: join(research, 'manifest.sqlite'), domain: 'research' });
  expect(reconcileCurrent({ ledger, modelsDir: join(research, 'models') })).toBe('none');
  expect(() => openLedger({ path: there.path, domain: 'research' })).toThrow(
    expect.objectContaining({ code: 'DomainMismatch' }),
  );
});
