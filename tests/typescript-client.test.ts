import { execFile } from 'node:child_process';
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AutotrainError, type Client, createClient } from '../client/client.ts';
import { type EngineGateway, startEngineGateway } from './processes/engine-gateway.ts';

const run = promisify(execFile);
const root = fileURLToPath(new URL('..', import.meta.url));
const scope = { strategy: 'momentum_breakout', instrument: 'BTCUSDT' };

let gateway: EngineGateway;
let client: Client;

beforeAll(async () => {
  gateway = await startEngineGateway();
  client = createClient({ url: `${gateway.url}/`, apiKey: gateway.key });
});
afterAll(async () => {
  await gateway?.stop();
});

const failure = (asked: Promise<unknown>): Promise<AutotrainError> =>
  asked.then(
    () => Promise.reject(new Error('it was answered')),
    (error: unknown) => {
      if (error instanceof AutotrainError) return error;
      throw error;
    },
  );

describe('the TypeScript client against a gateway', () => {
  it('takes parameters, reports an outcome that counts once, and predicts', async () => {
    const decision = await client.get('/param/{strategy}/{instrument}', {
      params: scope,
      query: { 'features[vol]': 0.011, 'features[ret]': -0.002 },
    });
    expect(decision.config_id.split(':').at(-1)).toBe(decision.preset_id);
    expect(decision.features_used).toEqual(expect.arrayContaining(['ret', 'vol', 'hmm_bull']));
    const outcome = {
      params: { ...scope, preset_id: decision.preset_id },
      body: { reward: 2.5, config_id: decision.config_id, outcome_id: 'fill-1' },
    };
    const path = '/learn/outcome/{strategy}/{instrument}/{preset_id}';
    expect(await client.post(path, outcome)).toEqual({ ok: true, duplicate: false });
    expect(await client.post(path, outcome)).toEqual({ ok: true, duplicate: true });
    const again = { params: scope, body: { features: { vol: 0.5 } }, idempotencyKey: 'poll-1' };
    const [one, other] = [
      await client.post('/param/{strategy}/{instrument}', again),
      await client.post('/param/{strategy}/{instrument}', again),
    ];
    expect(one.decision_id).toBe(other.decision_id);
    const { probs, model_meta } = await client.post('/predict', { body: { symbol: 'BTC/USDT' } });
    expect(Object.values(probs).reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 12);
    expect(model_meta.features_marginalised).toEqual([]);
    const { data } = await client.get('/outcomes', { query: { limit: 5 } });
    expect(data).toHaveLength(1);
    expect(await client.get('/metrics')).toContain('# HELP');
  });

  it('throws what the gateway refused, by code and status', async () => {
    const none = await failure(
      client.get('/param/{strategy}/{instrument}', { params: { ...scope, strategy: 'nobody_registered' } }),
    );
    expect(none).toMatchObject({ kind: 'refused', status: 404, message: 'no presets registered' });
    const unknown = await failure(client.post('/predict', { body: { symbol: 'DOGE/USDT' } }));
    expect(unknown).toMatchObject({ kind: 'refused', status: 404, code: 'UnknownSymbol' });
    const role = await failure(client.post('/train', { body: {} }));
    expect(role).toMatchObject({ kind: 'refused', status: 403, code: 'Forbidden' });
    const stranger = createClient({ url: gateway.url, token: 'no-such-token' });
    expect(await failure(stranger.get('/model'))).toMatchObject({ status: 401, code: 'Unauthorized' });
  });

  it('fills paths in safely, and says which part is missing', async () => {
    const odd = await failure(
      client.get('/decisions/{decision_id}', { params: { decision_id: '../../kill?x=1#y' } }),
    );
    expect(odd).toMatchObject({ kind: 'refused', status: 404, code: 'UnknownDecision' });
    const missing = client.get('/decisions/{decision_id}', { params: {} as { decision_id: string } });
    await expect(missing).rejects.toThrow(/decision_id is missing/);
  });
});

describe('the TypeScript client against what is no gateway', () => {
  const serving = async <T>(listener: RequestListener, use: (url: string) => Promise<T>): Promise<T> => {
    const server = createServer(listener).listen(0, '127.0.0.1');
    await new Promise((resolve) => {
      server.once('listening', resolve);
    });
    try {
      return await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  };
  const askedOf = (listener: RequestListener, timeoutMs = 5_000) =>
    serving(listener, (url) => failure(createClient({ url, timeoutMs }).get('/model')));

  it('gives up in time, also while the answer trickles in', async () => {
    const begun = performance.now();
    expect(await askedOf(() => {}, 200)).toMatchObject({ kind: 'timeout' });
    const trickling = askedOf((_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write('{');
    }, 200);
    expect(await trickling).toMatchObject({ kind: 'timeout' });
    expect(performance.now() - begun).toBeLessThan(5_000);
  });

  it('tells a dead address, a page and a cut connection apart', async () => {
    const { url } = gateway;
    const dead = await serving(
      () => {},
      async (free) => free,
    );
    expect(await failure(createClient({ url: dead }).get('/model'))).toMatchObject({ kind: 'unreachable' });
    expect(await askedOf((_, response) => response.writeHead(502).end('<html>'))).toMatchObject({
      kind: 'malformed',
      status: 502,
    });
    expect(await askedOf((request) => request.socket.destroy())).toMatchObject({ kind: 'unreachable' });
    expect(
      await askedOf((_, response) =>
        response
          .writeHead(429, { 'content-type': 'application/json', 'retry-after': '2' })
          .end('{"detail":"too many","code":"RateLimited"}'),
      ),
    ).toMatchObject({ kind: 'refused', code: 'RateLimited', retryAfterMs: 2_000 });
    expect(url).toMatch(/^http/);
  });
});

describe('autotrain/client, as another program imports it', () => {
  const folder = join(root, 'node_modules', '.cache', `client-consumer-${process.pid}`);
  const right = `
    import { AutotrainError, createClient } from 'autotrain/client';
    const client = createClient({ url: process.argv[2]!, apiKey: process.argv[3]! });
    const decision = await client.get('/param/{strategy}/{instrument}', {
      params: { strategy: 'momentum_breakout', instrument: 'BTCUSDT' },
      query: { 'features[vol]': 0.01 },
    });
    const preset: string = decision.preset_id;
    try {
      await client.post('/preset/pin', { body: { strategy: 's', instrument: 'I', preset_id: null, reason: 'r' } });
    } catch (error) {
      if (error instanceof AutotrainError && error.code === 'Forbidden') console.log(preset);
    }
  `;
  /** Each line is a mistake that the types must catch. */
  const wrong = `
    import { createClient } from 'autotrain/client';
    const client = createClient({ url: 'http://127.0.0.1:8000' });
    await client.get('/parm/{strategy}/{instrument}');
    await client.get('/param/{strategy}/{instrument}', { params: { strategy: 's' } });
    await client.post('/predict', { body: { symbol: 7 } });
    await client.get('/predict');
    (await client.get('/model')).active_version.length;
    await client.post('/learn/outcome/{strategy}/{instrument}/{preset_id}');
  `;
  const tsconfig = {
    extends: join(root, 'tsconfig.json'),
    compilerOptions: {
      incremental: false,
      tsBuildInfoFile: null,
      rootDir: folder,
      outDir: folder,
      paths: {},
    },
    include: ['*.ts'],
    exclude: [],
  };

  beforeAll(() => {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(tsconfig));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const compile = (name: string, source: string) => {
    writeFileSync(join(folder, name), source);
    const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
    return run(process.execPath, [tsc, '-p', folder], { cwd: folder }).then(
      ({ stdout }) => stdout,
      (error: unknown) => (error as { stdout: string }).stdout,
    );
  };

  it('its types let a right program pass, and it runs', async () => {
    mkdirSync(join(folder, 'node_modules'), { recursive: true });
    symlinkSync(root, join(folder, 'node_modules', 'autotrain'));
    expect(await compile('right.ts', right)).toBe('');
    const { stdout } = await run(process.execPath, [join(folder, 'right.js'), gateway.url, gateway.key]);
    expect(stdout.trim()).toBe('conservative');
  });

  it('its types refuse a path, parameter, body or answer that is not there', async () => {
    const said = await compile('wrong.ts', wrong);
    const lines = [...said.matchAll(/wrong\.ts\((\d+),/g)].map(([, line]) => Number(line));
    expect([...new Set(lines)]).toEqual([4, 5, 6, 7, 8, 9]);
  });
});
