import { cpSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { versionIdOfStates } from '../api/app.fixture.ts';
import { Sqlite } from '../sqlite.ts';
import { filledState } from './processes/filled-state.ts';
import { type GatewayProcess, startGatewayProcess } from './processes/gateway-process.ts';

let state: ReturnType<typeof filledState>;
let gateway: GatewayProcess | undefined;

beforeAll(() => {
  state = filledState(3, 4);
  state.promote(3, 'first');
});
afterEach(async () => {
  await gateway?.stop();
  gateway = undefined;
});
afterAll(() => state.remove());

const start = async (env: Record<string, string> = {}) => {
  gateway = await startGatewayProcess({ ...state.env, ...env });
  return gateway;
};

/** Nothing listens here. */
const withoutTemporal = { TEMPORAL_ADDRESS: '127.0.0.1:9' };

const get = async (path: string, headers: Record<string, string> = {}) => {
  const response = await fetch(`${gateway?.url}${path}`, { headers });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
};

describe('the gateway process', () => {
  it('serves the champion, decides and learns without Temporal, and ends in order when told to', async () => {
    const process = await start(withoutTemporal);
    expect(await get('/ready')).toEqual({ status: 200, body: { status: 'ready', temporal: false } });
    expect((await get('/workflows')).status).toBe(503);
    const predicted = await fetch(`${process.url}/predict`, { method: 'POST', body: '{"symbol":"btcusdt"}' });
    expect(await predicted.json()).toMatchObject({ model_meta: { version_id: versionIdOfStates(3) } });
    // Node's adapter runs the GET handler for HEAD, unlike an app that is asked in process.
    expect((await fetch(`${process.url}/param/momentum_breakout/BTCUSDT`, { method: 'HEAD' })).status).toBe(
      405,
    );
    expect((await get('/decisions')).body).toMatchObject({ data: [] });
    const { body } = await get('/param/momentum_breakout/BTCUSDT');
    expect(body['features_used']).toEqual(expect.arrayContaining(['hmm_bull', 'hmm_bear', 'hmm_chop']));
    const outcome = await fetch(
      `${process.url}/learn/outcome/momentum_breakout/BTCUSDT/${String(body['preset_id'])}`,
      {
        method: 'POST',
        body: JSON.stringify({ reward: 2, config_id: body['config_id'] }),
      },
    );
    expect(await outcome.json()).toEqual({ ok: true, duplicate: false });
    expect(await process.stop()).toBe(0);
  });

  it('serves a promotion within a second; an altered model is not served, and said, until it is mended', async () => {
    await start(withoutTemporal);
    state.promote(4, 'second');
    await new Promise((resolve) => setTimeout(resolve, 1000));
    expect((await get('/model')).body).toMatchObject({
      active_version: versionIdOfStates(4),
      registry_size: 2,
    });
    const file = join(state.modelsDir, 'registry', versionIdOfStates(3), 'model.json');
    const good = readFileSync(file, 'utf8');
    state.promote(3, 'third');
    writeFileSync(file, good.replace('0.9', '0.8'));
    await gateway?.stop();
    await start(withoutTemporal);
    expect((await get('/ready')).status).toBe(503);
    expect((await get('/health')).body).toMatchObject({
      status: 'ok',
      model: { problem: { detail: expect.stringContaining('checksum') } },
    });
    writeFileSync(file, good);
    await new Promise((resolve) => setTimeout(resolve, 1000));
    expect((await get('/ready')).status).toBe(200);
  });

  it('lives on, and answers /param, while neither its ledger nor MODELS_DIR can be read', async () => {
    const process = await start(withoutTemporal);
    const param = async () => (await get('/param/momentum_breakout/BTCUSDT')).status;
    expect(await param()).toBe(200);
    const rename = (from: string, to: string): void => {
      const ledger = new Sqlite(state.env.LEDGER_DB);
      for (const table of ['file_counts', 'watermarks'])
        ledger.exec(`alter table ${from}${table} rename to ${to}${table}`);
      ledger.close();
    };
    rename('', 'lost_');
    renameSync(state.modelsDir, `${state.modelsDir}.aside`);
    writeFileSync(state.modelsDir, 'a mount that went');
    try {
      await sleep(600);
      expect(process.child.exitCode).toBeNull();
      expect(await param()).toBe(200);
      expect((await get('/ledger')).status).toBe(500);
    } finally {
      rename('lost_', '');
      rmSync(state.modelsDir);
      renameSync(`${state.modelsDir}.aside`, state.modelsDir);
    }
    await sleep(300);
    expect((await get('/ready')).status).toBe(200);
    expect((await get('/ledger')).status).toBe(200);
    expect((await get('/health')).body).toMatchObject({ model: { problem: null } });
    expect(await process.stop()).toBe(0);
  });

  it('ends when its parent is gone', async () => {
    const { child, gone } = await start(withoutTemporal);
    child.disconnect();
    expect(await gone).toBe(0);
  });

  it('serves on the compat ports too', async () => {
    const spare = await start(withoutTemporal);
    const { port } = new URL(spare.url);
    await spare.stop();
    await start({ ...withoutTemporal, COMPAT_PORTS: port });
    expect(await (await fetch(`http://127.0.0.1:${port}/health`)).json()).toMatchObject({ status: 'ok' });
  });

  it('demands a key when it should', async () => {
    await start({ ...withoutTemporal, REQUIRE_AUTH: 'true', GATEWAY_API_KEYS: 'reader:read-only-key' });
    expect((await get('/model')).status).toBe(401);
    expect((await get('/model', { 'x-api-key': 'read-only-key' })).status).toBe(200);
    expect((await get('/param/hmm/BTCUSDT', { 'x-api-key': 'read-only-key' })).status).toBe(403);
  });
});

describe('the gateway does not start', () => {
  const refused = (env: Record<string, string>) =>
    startGatewayProcess({ ...state.env, ...withoutTemporal, ...env });

  it.each<[string, Record<string, string>, RegExp]>([
    ['with auth on and no key', { REQUIRE_AUTH: 'true' }, /GATEWAY_API_KEYS/],
    ['open to other machines with auth off', { HOST: '0.0.0.0' }, /ALLOW_INSECURE/],
    ['on the ledger of the other domain', { DOMAIN: 'research' }, /domain/i],
    [
      'with its databases where nothing can be written',
      { PC_DB: '/dev/null/controller.sqlite' },
      /\/dev\/null/,
    ],
  ])('%s', async (_, env, reason) => {
    await expect(refused(env)).rejects.toThrow(reason);
  });

  it('on a port that is taken, and names it', async () => {
    const { port } = new URL((await start(withoutTemporal)).url);
    await expect(refused({ PORT: port })).rejects.toThrow(`port ${port} is taken`);
  });
});

describe('strategy schemas', () => {
  it('are followed while it serves; an invalid change is refused whole and shown in /health', async () => {
    const folder = join(state.root, 'schemas');
    cpSync(new URL('../strategy_schemas', import.meta.url), folder, { recursive: true });
    const file = join(folder, 'momentum_breakout.yaml');
    const good = readFileSync(file, 'utf8');
    await start({ ...withoutTemporal, STRATEGY_SCHEMAS_DIR: folder });
    const policyVersion = async () => {
      const answer = await get('/param/momentum_breakout/XRPUSDT');
      return answer.body['policy_version'];
    };
    const problem = async () => {
      const { body } = await get('/health');
      return (body['strategy_schemas'] as { problem: string | null }).problem;
    };
    const until = async (holds: () => Promise<boolean>) => {
      for (let tries = 0; tries < 100; tries++) {
        if (await holds()) return;
        await sleep(100);
      }
      throw new Error('it did not come about within ten seconds');
    };
    expect(await policyVersion()).toBe('lin_ts/1');
    writeFileSync(file, good.replace('safe_default:', 'safe_defautl:'));
    await until(async () => (await problem())?.includes('momentum_breakout.yaml') === true);
    expect(await policyVersion()).toBe('lin_ts/1');
    writeFileSync(file, good.replace('hysteresis_margin: 0.2', 'hysteresis_margin: 0.3'));
    await until(async () => (await policyVersion()) === 'lin_ts/2');
    expect(await problem()).toBeNull();
    const { body } = await get('/audit');
    const acts = (body['data'] as { action: string; target: string }[]).map(({ action, target }) => [
      action,
      target,
    ]);
    expect(acts).toContainEqual(['schema', 'momentum_breakout']);
    expect(acts.filter(([action]) => action === 'schema')).toHaveLength(1);
  });
});
