import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { autotrainCommand } from '../../cli/autotrain.ts';
import { sha256Of } from '../../ledger/candle-file.ts';
import { sealMetadata } from '../../registry/sealed-metadata.ts';
import { versionDir } from '../../registry/store.ts';
import { parseSeries } from '../../series.ts';
import { openStrict } from '../strict/strict.fixture.ts';
import { reproduce } from './reproduce.ts';

type Strict = ReturnType<typeof openStrict>;

const again = ({ ledger, dataDir, modelsDir, config }: Strict, versionId: string) =>
  reproduce(
    { ledger, dataDir, modelsDir, archiveDir: config.registry.archiveDir, codeVersion: 'test' },
    versionId,
  );

const trained = async (strict: Strict, from: number, to: number): Promise<string> => {
  for (let at = from; at < to; at += 100) strict.land(at, Math.min(to, at + 100));
  const { version, left } = await strict.retrain();
  if (!version) throw new Error(JSON.stringify(left));
  return version.versionId;
};

const archived = { DELETE_AFTER_PROCESS: 'true' };
const sliding = { EXACTLY_ONCE: 'false', PROMOTION_MIN_CANDLES: '50' };

const monthFiles = ({ dataDir }: Strict): string[] => {
  const folder = join(dataDir, 'archive/binance/BTC-USDT/1m');
  return readdirSync(folder).map((name) => join(folder, name));
};

describe.each([
  ['strict mode, CSV files kept', {}],
  ['strict mode, from the archive', archived],
  ['sliding mode, CSV files kept', sliding],
  ['sliding mode, from the archive', { ...sliding, ...archived }],
  ['sliding mode, an ensemble', { ...sliding, ...archived, HMM_ENSEMBLE: '2,3' }],
])('%s', (_, settings) => {
  it('the first version and a later one come out with the same bytes', async () => {
    const strict = openStrict({ settings });
    const versions = [await trained(strict, 0, 500), await trained(strict, 500, 700)];
    for (const version of versions) {
      const done = again(strict, version);
      expect(done).toMatchObject({ reproduced: true, reason: 'the same bytes', gone: [], changed: [] });
      expect(done.model_hash.trained).toBe(strict.ledger.version(version)!.modelHash);
      for (const { head } of done.series) expect(head?.trained).toBe(head?.stored);
    }
  });
});

it('the command says so, and changes nothing', async () => {
  const strict = openStrict({ settings: archived });
  const version = await trained(strict, 0, 400);
  const before = strict.ledger.auditTrail({ limit: 99 });
  const { code, text } = await autotrainCommand(['reproduce', version, '--json'], strict.env);
  expect({ code, ...JSON.parse(text) }).toMatchObject({ code: 0, ok: true, reproduced: true });
  expect((await autotrainCommand(['reproduce', version], strict.env)).text).toContain('the same bytes');
  expect(strict.ledger.auditTrail({ limit: 99 })).toEqual(before);
  expect((await autotrainCommand(['reproduce'], strict.env)).code).toBe(2);
  expect((await autotrainCommand(['reproduce', 'nope'], strict.env)).text).toContain('knows no version');
});

it('a month that is gone is named, with the files that were in it', async () => {
  const strict = openStrict({ settings: archived });
  const version = await trained(strict, 0, 400);
  for (const month of monthFiles(strict)) rmSync(month);
  const { reproduced, reason, gone, model_hash } = again(strict, version);
  expect({ reproduced, reason, trained: model_hash.trained }).toEqual({
    ...{ reproduced: false, reason: 'inputs are gone', trained: null },
  });
  expect(gone[0]).toBe('binance:BTC/USDT:1m: 400 candles of 2024-01, whose archive is gone');
  expect(gone.slice(1)).toHaveLength(4);
  expect(gone[1]).toMatch(/^incoming\/.*\.csv \(sha256 [0-9a-f]{64}\)$/);
});

it('a candle that was corrected since is named by its month, with both hashes', async () => {
  const strict = openStrict({ settings: { ...sliding, ...archived } });
  const version = await trained(strict, 0, 400);
  const [month] = monthFiles(strict);
  const lines = readFileSync(month!, 'utf8').split('\n');
  lines[100] = lines[100]!.replace(/[^,]*$/, '1.5');
  const corrected = lines.join('\n');
  writeFileSync(month!, corrected);
  // By hand it is damage, and says so; a correction that was archived is known to the ledger.
  expect(() => again(strict, version)).toThrow('2024-01.csv differs from its hash in the ledger');
  const series = parseSeries('binance:BTC/USDT:1m');
  strict.ledger.announceMonth({ series, month: '2024-01', from: null, to: sha256Of(Buffer.from(corrected)) });
  const { reason, changed } = again(strict, version);
  expect(reason).toBe('inputs changed since');
  expect(changed).toEqual([
    expect.stringMatching(
      /the candles of 2024-01 were corrected since \([0-9a-f]{12} then, [0-9a-f]{12} now\)/,
    ),
  ]);
});

it('a head that is gone is named; one in MODEL_ARCHIVE_DIR is found', async () => {
  const strict = openStrict({ settings: archived });
  const [first, second] = [await trained(strict, 0, 400), await trained(strict, 400, 500)];
  const archiveDir = join(strict.dataDir, 'model-archive');
  renameSync(join(strict.modelsDir, 'registry'), archiveDir);
  mkdirSync(join(strict.modelsDir, 'registry'));
  renameSync(join(archiveDir, second), versionDir(strict.modelsDir, second));
  const { reason, gone } = again(strict, second);
  expect(reason).toBe('inputs are gone');
  expect(gone).toContainEqual(
    expect.stringMatching(
      new RegExp(`the lineage head in the version ${first} .*MODEL_ARCHIVE_DIR is not set`),
    ),
  );
  const places = { ...strict, archiveDir, codeVersion: 'test' };
  expect(reproduce(places, second)).toMatchObject({ reproduced: true });
});

it('other bytes are seen: a model or a head that its inputs do not give', async () => {
  const strict = openStrict({ settings: archived });
  const version = await trained(strict, 0, 400);
  const path = join(versionDir(strict.modelsDir, version), 'metadata.json');
  const metadata = JSON.parse(readFileSync(path, 'utf8'));
  metadata.inputs['binance:BTC/USDT:1m'].seed += 1;
  metadata.inputs['binance:BTC/USDT:1m'].min_points -= 20;
  const { metadata_hash: _, ...fields } = metadata;
  writeFileSync(path, sealMetadata(fields));
  expect(again(strict, version)).toMatchObject({
    reproduced: false,
    reason: 'other bytes from the same inputs',
  });
});
