import { expect, it } from 'vitest';
import { lineageCommand } from '../../cli/lineage.ts';
import { Sqlite } from '../../sqlite.ts';
import { checkDispositions } from '../../tests/support/disposition-checker.ts';
import { reproduce } from '../reproduce/reproduce.ts';
import { key, openStrict } from './strict.fixture.ts';

/** Versions of three retrains; all file rows of the first two are folded. */
const foldedLineage = async () => {
  const strict = openStrict({ settings: { DELETE_AFTER_PROCESS: 'true' } });
  const versions: string[] = [];
  for (const [from, to] of [
    [0, 300],
    [300, 400],
    [400, 500],
  ] as const) {
    for (let at = from; at < to; at += 50) strict.land(at, at + 50);
    versions.push((await strict.retrain()).version!.versionId);
    if (to < 500) strict.ledger.compactRows({ olderThanMs: -1, limit: 1000 });
  }
  return { ...strict, versions };
};

it('the accounts add up when rows are folded; the next retrain goes on', async () => {
  const strict = await foldedLineage();
  expect(strict.ledger.fileRanges()).toMatchObject([{ series: key, files: 8, bars: 400 }]);
  expect(checkDispositions(strict.paths)).toMatchObject({
    problems: [],
    candles: 500,
    counts: { trained: 500 },
  });
  strict.ledger.compactRows({ olderThanMs: -1, limit: 1000 });
  expect(checkDispositions(strict.paths)).toMatchObject({ problems: [], candles: 500 });
  strict.land(500, 600);
  await strict.retrain();
  expect(checkDispositions(strict.paths)).toMatchObject({ problems: [], counts: { trained: 600 } });
});

it('a file that comes again after its row was folded is a duplicate, and trained by nobody', async () => {
  const strict = await foldedLineage();
  expect(strict.land(100, 150).registered).toBe(true);
  strict.land(500, 600);
  await strict.retrain();
  expect(checkDispositions(strict.paths)).toMatchObject({
    problems: [],
    counts: { trained: 600, duplicate: 50 },
  });
});

it('a lineage can be rewound to each version that is there, and inherits what it was trained on', async () => {
  const strict = await foldedLineage();
  strict.ledger.compactRows({ olderThanMs: -1, limit: 1000 });
  for (const [version, trained] of [
    [strict.versions[1]!, 400],
    [strict.versions[0]!, 300],
  ] as const) {
    const argv = ['rewind', '--series', key, '--to', version, '--reason', 'test', '--json'];
    const { code, text } = lineageCommand(argv, strict.env);
    expect({ code, text }).toMatchObject({ code: 0 });
    const { lineage } = strict.ledger.activeLineage(key)!;
    const { problems } = checkDispositions(strict.paths);
    expect(problems).toEqual([]);
    const db = new Sqlite(strict.config.paths.ledgerFile, { readonly: true });
    const sum = db
      .prepare('select sum(candles) from disposition_ranges where lineage = ?')
      .pluck()
      .get(lineage);
    db.close();
    expect(sum).toBe(trained);
  }
});

it('a version is reproduced after its rows were folded', async () => {
  const { versions, ledger, dataDir, modelsDir } = await foldedLineage();
  expect(reproduce({ ledger, dataDir, modelsDir, codeVersion: 'test' }, versions[1]!)).toMatchObject({
    reproduced: true,
  });
});

it('the checker sees folded accounts that do not add up', async () => {
  const { paths, config } = await foldedLineage();
  const db = new Sqlite(config.paths.ledgerFile);
  db.exec('update lineage_files set bars = bars - 1 where rowid = (select max(rowid) from lineage_files)');
  db.close();
  expect(checkDispositions(paths).problems).toEqual([
    expect.stringContaining('400 folded dispositions, 399 candles'),
  ]);
});
