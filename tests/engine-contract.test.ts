import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { appWith, hourMs, modelOf, quiet, recordingTraining, settings } from '../api/app.fixture.ts';
import type { createApp } from '../api/app.ts';
import { createMetrics } from '../api/metrics.ts';
import { type Models, openModels } from '../api/models.ts';
import type { Training } from '../api/training.ts';
import { type Controller, openController } from '../controller/open.ts';
import { type Ledger, openLedger } from '../ledger/open.ts';
import { projectChampion } from '../registry/current.ts';
import { readVersion, writeVersionDir } from '../registry/store.ts';
import { loadStrategySchemas } from '../strategy_schemas/load.ts';

interface EngineRequest {
  readonly name: string;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly query?: string;
  readonly json?: Readonly<Record<string, unknown>>;
  /** JSON paths that the client dereferences: `data[].version_id`, `page.nextCursor`. */
  readonly reads?: readonly string[];
  readonly status?: number;
  readonly equals?: unknown;
}

interface EngineFile {
  readonly client: { readonly timeout_s: number };
  readonly requests: readonly EngineRequest[];
}

const file = new URL('../../shared/data/engine/requests.json', import.meta.url);
const { client, requests } = JSON.parse(readFileSync(file, 'utf8')) as EngineFile;

const versionId = '20240101T000000Z__hmm4__0000000a';
const root = mkdtempSync(join(tmpdir(), 'autotrain-contract-'));
const modelsDir = join(root, 'models');

let ledger: Ledger;
let controller: Controller;
let models: Models;
let app: ReturnType<typeof createApp>;

const btcSeries = settings.series[0]!;

/** A ledger with one file, claimed and trained into one version, which is the champion. */
const fillLedger = () => {
  const from = ledger.startWatermark(btcSeries, 0);
  const next = 1000 * hourMs;
  const stored = {
    fileId: 'f',
    sha256: 'f',
    kind: 'candles',
    path: 'f.csv',
    tStart: 0,
    tEnd: next - hourMs,
  } as const;
  const fileRow = { ...stored, ...btcSeries, bars: 1000, sizeBytes: 1, fetchedAt: 1 };
  ledger.registerFile({ file: fileRow, expectedWatermark: from, nextWatermark: next, gaps: [] });
  const run = { workflowId: 'retrain:regimes', runId: 'r1' };
  const key = 'binance:BTC/USDT:1h';
  const { claimId } = ledger.claim({ ...run, leaseMs: 60_000, series: [key] });
  const { dir, modelHash } = writeVersionDir({
    modelsDir,
    versionId,
    model: modelOf(4),
    metadata: { n_obs: 904 },
  });
  const version = { versionId, dir, modelHash, dataHash: 'd', parentVersionId: null, nStates: 4, nObs: 904 };
  const rest = {
    metricName: 'val_log_likelihood',
    metricValue: 1.5,
    tag: null,
    series: [key],
    gate: {},
    createdAt: 1,
  };
  ledger.commitVersion({ ...run, claimId, version: { ...version, ...rest }, dispositions: [] });
};

const promote = (requestId: string) => {
  const row = ledger.promote({ versionId, kind: 'promote', actor: 'test', reason: 'first', requestId });
  projectChampion({ ledger, modelsDir });
  return row;
};

/** Temporal's part, answered at once: promotions are real, training finds nothing new. */
const training: Training = {
  ...recordingTraining().training,
  decide: async ({ requestId }) => {
    const { versionId, previousVersionId, kind, fence, actor, reason, createdAt } = promote(requestId);
    return { versionId, previousVersionId, kind, fence, actor, reason, atMs: createdAt };
  },
};

beforeAll(() => {
  ledger = openLedger({ path: join(root, 'ledger.sqlite'), domain: 'production' });
  controller = openController({
    path: join(root, 'controller.sqlite'),
    schemas: loadStrategySchemas(),
    seed: 42,
    epsilon: 0,
    l2: 1,
    maxPresets: 12,
    decisionTtlMs: 900_000,
  });
  fillLedger();
  promote('first');
  const read = (id: string) => readVersion(modelsDir, id, ledger.version(id)?.modelHash);
  const metrics = createMetrics();
  models = openModels({ modelsDir, pollMs: 60_000, readVersion: read, metrics, log: quiet });
  ({ app } = appWith({ ledger, controller, models, readVersion: read, training, metrics }));
});

afterAll(() => {
  models.stop();
  controller.close();
  ledger.close();
  rmSync(root, { recursive: true, force: true });
});

/** The values at a path; `[]` stands for every element, of which there must be one. */
const valuesAt = (answer: unknown, path: string): unknown[] =>
  path.split('.').reduce<unknown[]>(
    (values, part) =>
      values.flatMap((value) => {
        const [, name = '', each] = /^(\w+)(\[\])?$/.exec(part) ?? [];
        const field = (value as Record<string, unknown>)[name];
        return each ? (field as unknown[]) : [field];
      }),
    [answer],
  );

const isThere = (answer: unknown, path: string): boolean => {
  const values = valuesAt(answer, path);
  return values.length > 0 && values.every((value) => value !== undefined);
};

const ask = async ({
  method,
  path,
  query,
  json,
}: Pick<EngineRequest, 'method' | 'path' | 'query' | 'json'>) => {
  const url = query ? `${path}?${query}` : path;
  const text = JSON.stringify(json)?.replace('<one of /models>', versionId);
  const headers = { 'content-type': 'application/json' };
  const response = await app.request(url, { method, ...(text === undefined ? {} : { headers, body: text }) });
  return {
    status: response.status,
    type: response.headers.get('content-type'),
    answer: await response.json(),
  };
};

/** The strategies that the engine asks parameters of have presets once somebody registered them. */
const scopesAsked = requests
  .filter(({ path }) => path.startsWith('/param/'))
  .map(({ path }) => path.slice('/param/'.length));

describe('before any preset is registered', () => {
  it.each(scopesAsked)('GET /param/%s tells so in the words that the engine knows', async (scope) => {
    const { status, answer } = await ask({ method: 'GET', path: `/param/${scope}` });
    expect(status).toBe(404);
    expect(answer).toEqual({ detail: 'no presets registered' });
  });
});

describe('every request of the engine is answered so that it goes on working', () => {
  beforeAll(async () => {
    const json = { preset_id: 'calm', params: { threshold: 0.6 } };
    for (const scope of scopesAsked) await ask({ method: 'POST', path: `/preset/register/${scope}`, json });
  });

  it.each(requests.map((request) => [request.name, request] as const))('%s', async (_, request) => {
    const begun = performance.now();
    const { status, type, answer } = await ask(request);
    expect(performance.now() - begun).toBeLessThan(client.timeout_s * 1000);
    expect(type).toContain('application/json');
    expect(status).toBe(request.status ?? 200);
    expect(answer).toEqual(request.equals ?? answer);
    expect((request.reads ?? []).filter((path) => !isThere(answer, path))).toEqual([]);
  });
});

describe('what the engine derives', () => {
  it('the preset is the last part of config_id, and its outcome finds the decision', async () => {
    const { answer } = await ask({
      method: 'GET',
      path: '/param/hmm/BTCUSDT',
      query: 'features%5Bret%5D=0.1',
    });
    const { config_id, preset_id, decision_id, features_used } = answer as Record<string, string>;
    expect(config_id?.split(':').at(-1)).toBe(preset_id);
    expect(features_used).toEqual(expect.arrayContaining(['ret', 'hmm_bull', 'hmm_bear', 'hmm_chop']));
    const path = `/learn/outcome/hmm/BTCUSDT/${preset_id}`;
    const json = { reward: 3.5, config_id, outcome_id: 'trade-1' };
    expect((await ask({ method: 'POST', path, json })).answer).toEqual({ ok: true, duplicate: false });
    expect((await ask({ method: 'POST', path, json })).answer).toEqual({ ok: true, duplicate: true });
    const { data } = (await ask({ method: 'GET', path: '/outcomes', query: 'limit=1' })).answer as {
      data: Record<string, unknown>[];
    };
    expect(data[0]).toMatchObject({ decision_id, outcome_id: 'trade-1', raw_reward: 3.5 });
  });

  it('decisions and outcomes are paged, newest first', async () => {
    const page = async (query: string) =>
      (await ask({ method: 'GET', path: '/decisions', query })).answer as {
        data: { seq: number }[];
        page: { nextCursor: string | null };
      };
    const all = (await page('limit=500')).data.map(({ seq }) => seq);
    const first = await page('limit=2');
    const rest = await page(`limit=500&cursor=${first.page.nextCursor}`);
    expect(all.length).toBeGreaterThan(2);
    expect([...first.data, ...rest.data].map(({ seq }) => seq)).toEqual(all);
    expect(rest.page.nextCursor).toBeNull();
  });

  it('the model version behind a decision is kept with it', async () => {
    const { data } = (
      await ask({ method: 'GET', path: '/decisions', query: 'strategy=HMM&instrument=btcusdt' })
    ).answer as {
      data: Record<string, unknown>[];
    };
    expect(data[0]).toMatchObject({ strategy: 'hmm', instrument: 'BTCUSDT', model_version: versionId });
  });

  it('parameters outside the bounds of a bundled strategy are refused with every field', async () => {
    const path = '/preset/register/momentum_breakout/BTCUSDT';
    const { status, answer } = await ask({
      method: 'POST',
      path,
      json: { preset_id: 'wild', params: { risk_bps: 1e9 } },
    });
    expect(status).toBe(422);
    expect(answer).toMatchObject({ code: 'OutOfBounds', detail: expect.stringContaining('risk_bps') });
  });
});
