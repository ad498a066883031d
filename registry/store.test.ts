import { appendFileSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Crash, crashAt } from '../ledger/ledger.fixture.ts';
import { quarantineUnknown, removeStaging } from './quarantine.ts';
import { commit, idOf, modelFile, openRegistry, write } from './registry.fixture.ts';
import { listVersionDirs, readVersion } from './store.ts';

const registry = ({ modelsDir }: { modelsDir: string }) => readdirSync(join(modelsDir, 'registry')).sort();

test('what was written is what is read, with its checksum', () => {
  const there = openRegistry();
  const { dir, modelHash } = write(there, 1, { metadata: { metric_name: 'm', n_obs: 7 } });
  expect(dir).toBe(`registry/${idOf(1)}`);
  const read = readVersion(there.modelsDir, idOf(1));
  expect(read).toEqual({
    model: modelFile(1),
    modelHash,
    metadata: { metric_name: 'm', n_obs: 7, model_hash: modelHash },
  });
  expect(readFileSync(join(there.modelsDir, dir, 'version.txt'), 'utf8')).toBe(`${idOf(1)}\n`);
});

test('written again with the same model it is the same version, with its first metadata', () => {
  const there = openRegistry();
  write(there, 1, { metadata: { attempt: 1 } });
  write(there, 1, { metadata: { attempt: 2 } });
  expect(readVersion(there.modelsDir, idOf(1)).metadata).toMatchObject({ attempt: 1 });
  expect(registry(there)).toEqual([idOf(1)]);
});

test('another model does not take the name of a version', () => {
  const there = openRegistry();
  write(there, 1);
  expect(() => write(there, 1, { model: modelFile(2) })).toThrow(
    expect.objectContaining({ code: 'Conflict' }),
  );
  expect(readVersion(there.modelsDir, idOf(1)).model).toEqual(modelFile(1));
  expect(registry(there)).toEqual([idOf(1)]);
});

const alterations = [
  ['a changed model', 'Corrupt', (dir: string) => appendFileSync(join(dir, 'model.json'), ' ')],
  ['a cut model', 'Corrupt', (dir: string) => writeFileSync(join(dir, 'model.json'), '{"schema":')],
  ['no model', 'Corrupt', (dir: string) => rmSync(join(dir, 'model.json'))],
  ['no metadata', 'Corrupt', (dir: string) => rmSync(join(dir, 'metadata.json'))],
  ['metadata without a hash', 'Corrupt', (dir: string) => writeFileSync(join(dir, 'metadata.json'), '{}')],
  [
    'metadata that is no object',
    'Corrupt',
    (dir: string) => writeFileSync(join(dir, 'metadata.json'), '[1]'),
  ],
  [
    'a metric that was edited',
    'Corrupt',
    (dir: string) => {
      const path = join(dir, 'metadata.json');
      writeFileSync(path, readFileSync(path, 'utf8').replace('{', '{"metric_value": 99,'));
    },
  ],
  ['another name', 'Corrupt', (dir: string) => writeFileSync(join(dir, 'version.txt'), idOf(9))],
  ['no directory', 'NotFound', (dir: string) => rmSync(dir, { recursive: true })],
] as const;

test.each(alterations)('a version with %s is refused', (_, code, alter) => {
  const there = openRegistry();
  alter(join(there.modelsDir, write(there, 1).dir));
  expect(() => readVersion(there.modelsDir, idOf(1))).toThrow(
    expect.objectContaining({ name: 'RegistryError', code }),
  );
});

test('a model that was altered together with its checksum is not the one that the ledger knows', () => {
  const there = openRegistry();
  const { modelHash } = write(there, 1);
  rmSync(join(there.modelsDir, 'registry', idOf(1)), { recursive: true });
  write(there, 1, { model: modelFile(2) });
  expect(() => readVersion(there.modelsDir, idOf(1), modelHash)).toThrow(
    expect.objectContaining({ code: 'Corrupt' }),
  );
});

test.each(['..', '../../etc', '.', '', 'current', `${idOf(1)}/..`, `${idOf(1)}\n`])(
  'the name %j reaches no path',
  (name) => {
    const there = openRegistry();
    expect(() => readVersion(there.modelsDir, name)).toThrow(expect.objectContaining({ code: 'NotFound' }));
    expect(() => write(there, 1, { versionId: name })).toThrow(expect.objectContaining({ code: 'NotFound' }));
    expect(readdirSync(there.modelsDir)).toEqual([]);
  },
);

test.each(['version:written', 'version:renamed', 'version:synced'])(
  'after a crash at %s there is all of the version or nothing, and a retry completes it',
  (point) => {
    const there = openRegistry();
    expect(() => write(there, 1, { crash: crashAt(point) })).toThrow(Crash);
    for (const versionId of listVersionDirs(there.modelsDir)) readVersion(there.modelsDir, versionId);
    write(there, 1);
    expect(readVersion(there.modelsDir, idOf(1)).model).toEqual(modelFile(1));
    removeStaging({ ...there, olderThanMs: 0 });
    expect(registry(there)).toEqual([idOf(1)]);
  },
);

test('a complete directory that no run committed is put aside, never deleted; a known one stays', () => {
  const there = openRegistry();
  commit(there, 1);
  write(there, 2);
  expect(quarantineUnknown({ ...there, olderThanMs: 3_600_000 })).toEqual([]);
  expect(quarantineUnknown({ ...there, olderThanMs: 0 })).toEqual([idOf(2)]);
  expect(registry(there)).toEqual([idOf(1)]);
  const [aside = ''] = readdirSync(join(there.modelsDir, 'quarantine'));
  expect(existsSync(join(there.modelsDir, 'quarantine', aside, 'model.json'))).toBe(true);
  write(there, 2);
  expect(listVersionDirs(there.modelsDir)).toEqual([idOf(1), idOf(2)]);
});
