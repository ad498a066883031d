import { readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readVersion } from '../registry/store.ts';
import { quiet, temporaryRegistry, versionIdOfStates } from './app.fixture.ts';
import { createMetrics } from './metrics.ts';
import { type Models, openModels } from './models.ts';

let registry: ReturnType<typeof temporaryRegistry>;
let models: Models;
let metrics = createMetrics();

beforeEach(() => {
  registry = temporaryRegistry(3, 4);
  metrics = createMetrics();
});
afterEach(() => {
  models.stop();
  registry.remove();
});

const open = (pollMs = 60_000) => {
  const { modelsDir } = registry;
  models = openModels({
    modelsDir,
    pollMs,
    readVersion: (id) => readVersion(modelsDir, id),
    metrics,
    log: quiet,
  });
};

const serves = () => models.snapshot()?.versionId;
const refusedGauge = async () => (await metrics.modelRefused.get()).values[0]?.value;

const until = async (holds: () => boolean) => {
  for (let i = 0; i < 200 && !holds(); i++) await new Promise((resolve) => setTimeout(resolve, 10));
};

it('has no model, and no problem, before the first promotion', () => {
  open();
  expect(serves()).toBeUndefined();
  expect(models.problem()).toBeUndefined();
});

it.each([
  { from: 3, serving: versionIdOfStates(3) },
  { from: undefined, serving: undefined },
])(
  'a MODELS_DIR that cannot be read leaves the gateway alive, serving $serving, and says so until it can',
  async ({ from, serving }) => {
    if (from !== undefined) registry.point(from);
    open(5);
    const { modelsDir } = registry;
    renameSync(modelsDir, `${modelsDir}.aside`);
    writeFileSync(modelsDir, 'a mount that went');
    try {
      await until(() => models.problem() !== undefined);
      expect(models.problem()).toMatchObject({
        target: join(modelsDir, 'current'),
        detail: expect.stringContaining('ENOTDIR'),
      });
      expect(await refusedGauge()).toBe(1);
      expect(serves()).toBe(serving);
    } finally {
      rmSync(modelsDir);
      renameSync(`${modelsDir}.aside`, modelsDir);
    }
    await until(() => models.problem() === undefined);
    expect(models.problem()).toBeUndefined();
    expect(await refusedGauge()).toBe(0);
    expect(serves()).toBe(serving);
  },
);

it('follows the link by polling', async () => {
  registry.point(3);
  open(10);
  expect(serves()).toBe(versionIdOfStates(3));
  registry.point(4);
  await until(() => serves() === versionIdOfStates(4));
  expect(Object.values(models.snapshot()?.model.series ?? {})[0]?.regimes).toHaveLength(4);
});

it('keeps the old model when the new one is altered, and says so until it is mended', async () => {
  registry.point(3);
  open();
  registry.point(4);
  const file = join(registry.modelsDir, 'registry', versionIdOfStates(4), 'model.json');
  const good = readFileSync(file, 'utf8');
  writeFileSync(file, good.replace('0.9', '0.8'));
  models.reload();
  expect(serves()).toBe(versionIdOfStates(3));
  expect(models.problem()?.detail).toMatch(/checksum/);
  expect(await refusedGauge()).toBe(1);
  writeFileSync(file, good);
  models.reload();
  expect(serves()).toBe(versionIdOfStates(4));
  expect(models.problem()).toBeUndefined();
  expect(await refusedGauge()).toBe(0);
});

it.each([
  ['into the void', 'registry/20240101T000000Z__hmm9__00000009'],
  ['outside the registry', '..'],
])(
  'keeps the old model when the link points %s, and forgets the problem when it points back',
  (_, target) => {
    registry.point(3);
    open();
    const temporary = join(registry.modelsDir, 'by-hand');
    symlinkSync(target, temporary);
    renameSync(temporary, join(registry.modelsDir, 'current'));
    models.reload();
    expect(serves()).toBe(versionIdOfStates(3));
    expect(models.problem()?.target).toBe(target);
    registry.point(3);
    models.reload();
    expect(models.problem()).toBeUndefined();
  },
);

it('keeps the model when the link is gone', () => {
  registry.point(3);
  open();
  rmSync(join(registry.modelsDir, 'current'));
  models.reload();
  expect(serves()).toBe(versionIdOfStates(3));
});
