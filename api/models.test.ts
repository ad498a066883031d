import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ModelFile } from '../registry/model-file.ts';
import { modelOf, quiet, temporaryModelsDir } from './app.fixture.ts';
import { createMetrics } from './metrics.ts';
import { type Models, openModels } from './models.ts';

let dir: ReturnType<typeof temporaryModelsDir>;
let models: Models | undefined;
const metrics = createMetrics();

beforeEach(() => {
  dir = temporaryModelsDir();
  dir.add('v3', modelOf(3));
  dir.add('v4', modelOf(4));
});
afterEach(() => {
  models?.stop();
  dir.remove();
});

const readVersion = (modelsDir: string, versionId: string) => {
  const text = readFileSync(join(modelsDir, 'registry', versionId, 'model.json'), 'utf8');
  return { model: JSON.parse(text) as ModelFile, metadata: {}, modelHash: 'h' };
};

const open = async (pollMs = 60_000) => {
  models = await openModels({ modelsDir: dir.modelsDir, pollMs, readVersion, metrics, log: quiet });
  return models;
};

const until = async (holds: () => boolean) => {
  for (let i = 0; i < 200 && !holds(); i++) await new Promise((resolve) => setTimeout(resolve, 10));
};

describe('the current link', () => {
  it('gives no model before the first promotion', async () => {
    const opened = await open();
    expect(opened.snapshot()).toBeUndefined();
    expect(opened.problem()).toBeUndefined();
  });

  it('is followed by polling', async () => {
    dir.point('v3');
    const opened = await open(10);
    expect(opened.snapshot()?.versionId).toBe('v3');
    dir.point('v4');
    await until(() => opened.snapshot()?.versionId === 'v4');
    expect(opened.snapshot()).toMatchObject({ versionId: 'v4', model: { schema: 'autotrain-model/1' } });
  });

  it('to a version that does not load leaves the old one serving, and says so until it is mended', async () => {
    dir.point('v3');
    const opened = await open();
    const file = join(dir.modelsDir, 'registry', 'v4', 'model.json');
    const good = readFileSync(file);
    writeFileSync(file, '{"cut');
    dir.point('v4');
    await opened.reload();
    expect(opened.snapshot()?.versionId).toBe('v3');
    expect(opened.problem()).toMatchObject({ versionId: 'v4' });
    expect(await metrics.registry.metrics()).toMatch(/autotrain_model_current_refused 1/);
    writeFileSync(file, good);
    await opened.reload();
    expect(opened.snapshot()?.versionId).toBe('v4');
    expect(opened.problem()).toBeUndefined();
    expect(await metrics.registry.metrics()).toMatch(/autotrain_model_current_refused 0/);
  });

  it('back from a refused version to the one that serves clears the problem', async () => {
    dir.point('v3');
    const opened = await open();
    dir.point('missing');
    await opened.reload();
    expect(opened.problem()?.versionId).toBe('missing');
    dir.point('v3');
    await opened.reload();
    expect(opened.problem()).toBeUndefined();
    expect(opened.snapshot()?.versionId).toBe('v3');
  });
});
