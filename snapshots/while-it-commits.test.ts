import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { freshDir } from '../ledger/fresh.fixture.ts';
import { Sqlite } from '../sqlite.ts';
import { parts } from './collect.ts';
import { takeSnapshot } from './take.ts';
import { verifySnapshot } from './verify.ts';

const committer = fileURLToPath(new URL('committer.fixture.ts', import.meta.url));

const startCommitter = async (dataDir: string): Promise<void> => {
  mkdirSync(join(dataDir, 'models'));
  const child = spawn(process.execPath, ['--import', 'tsx', committer, dataDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(async () => {
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  });
  await once(child.stdout, 'data');
};

/** Read without any of the code that made it. */
const contentsOf = (folder: string) => {
  const db = new Sqlite(join(folder, parts.ledger), { readonly: true });
  try {
    const read = (query: string) => db.prepare(query).all() as Record<string, string | number>[];
    return {
      versions: read('select version_id as id from versions where pruned_at is null'),
      champion: read('select version_id as id from promotions order by fence desc limit 1')[0]!['id'],
      landed: read(`select path from files where archived_at is null`),
      bars: Number(read('select sum(bars) as bars from files')[0]!['bars']),
      archivedBars: Number(
        read('select coalesce(sum(bars), 0) as bars from files where archived_at is not null')[0]!['bars'],
      ),
    };
  } finally {
    db.close();
  }
};

const archivedCandles = (folder: string): number => {
  const month = (name: string) => join(folder, parts.archive, 'binance/BTC-USDT/1h', `${name}.csv`);
  return ['2024-01', '2024-02', '2024-03', '2024-04', '2024-05', '2024-06']
    .filter((name) => existsSync(month(name)))
    .reduce((sum, name) => sum + readFileSync(month(name), 'utf8').trim().split('\n').length - 1, 0);
};

test('what a snapshot says while another process commits, archives and prunes, it also holds', async () => {
  const dataDir = freshDir();
  await startCommitter(dataDir);
  const places = {
    ...{ domain: 'production', dataDir, modelsDir: join(dataDir, 'models') },
    ...{ landingDir: join(dataDir, 'incoming'), ledgerFile: join(dataDir, 'manifest.sqlite') },
    ...{ controllerFile: join(dataDir, 'none.sqlite'), snapshotDir: join(dataDir, 'snapshots') },
  };
  const bars: number[] = [];
  for (let round = 0; round < 4; round += 1) {
    const { name, champion, missing } = await takeSnapshot({ places, atMs: Date.now() });
    const folder = join(places.snapshotDir, name);
    expect(verifySnapshot(places.snapshotDir, name)).toMatchObject({ ok: true });
    const contents = contentsOf(folder);
    expect(missing).toEqual([]);
    expect(champion).toBe(contents.champion);
    for (const { id } of contents.versions)
      expect(existsSync(join(folder, 'registry', String(id), 'model.json'))).toBe(true);
    for (const { path } of contents.landed)
      expect(existsSync(join(folder, parts.landing, String(path).slice('incoming/'.length)))).toBe(true);
    expect(archivedCandles(folder)).toBeGreaterThanOrEqual(contents.archivedBars);
    expect(archivedCandles(folder)).toBeLessThanOrEqual(contents.bars);
    bars.push(contents.bars);
  }
  expect(new Set(bars).size).toBe(bars.length);
}, 120_000);
