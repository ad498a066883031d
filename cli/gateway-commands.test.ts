import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { appWith, fixedModels, settingsWith } from '../api/app.fixture.ts';
import { ApiError } from '../api/errors.ts';
import { type Listening, listen } from '../api/listen.ts';
import type { WorkflowSummary } from '../api/training.ts';
import { freePort } from '../ports.ts';
import { autotrainCommand } from './autotrain.ts';

const adminKey = 'the-admin-key-of-this-test';
const readerKey = 'the-reader-key-of-this-test';

const open = appWith();
const locked = appWith({
  settings: settingsWith({
    requireAuth: true,
    apiKeys: [
      { role: 'admin', key: adminKey },
      { role: 'reader', key: readerKey },
    ],
  }),
});

let server: Listening;
let guarded: Listening;
beforeAll(async () => {
  server = await listen(open.app, { host: '127.0.0.1', ports: [0] });
  guarded = await listen(locked.app, { host: '127.0.0.1', ports: [0] });
});
afterAll(async () => {
  await server.stop();
  await guarded.stop();
});

const run = (...argv: string[]) => autotrainCommand(argv, { AUTOTRAIN_URL: server.url });

/** What the gateway was asked for last. */
const asked = () => open.training.at(-1);
const askedOfController = () => open.controller.at(-1);

describe('a command asks its route', () => {
  it.each<[string[], string, unknown]>([
    [['ingest'], 'ingestOnce', { until: 'chunk', wait: true }],
    [['ingest', '--until', 'now', '--no-wait'], 'ingestOnce', { until: 'now', wait: false }],
    [['train'], 'train', { wait: true }],
    [
      ['train', '--n-states', '3', '--tag', 'weekly', '--no-promote', '--no-wait'],
      'train',
      { wait: false, nStates: 3, tag: 'weekly', promote: false },
    ],
    [['train', '--promote'], 'train', { wait: true, promote: true }],
    [['promote', 'v2'], 'decide', { kind: 'promote', versionId: 'v2' }],
    [['approve', 'v1'], 'decide', { kind: 'approve', versionId: 'v1' }],
    [['rollback'], 'decide', { kind: 'rollback' }],
    [['rollback', '--to', 'v1'], 'decide', { kind: 'rollback', versionId: 'v1' }],
    [
      ['schedules', 'pause', 'retrain:regimes', '--reason', 'maintenance'],
      'actOnSchedule',
      { id: 'schedule-retrain:regimes', action: 'pause', reason: 'maintenance' },
    ],
    [
      ['schedules', 'resume', 'schedule-ingest:binance:BTC-USDT:1h'],
      'actOnSchedule',
      { id: 'schedule-ingest:binance:BTC-USDT:1h', action: 'unpause' },
    ],
    [['schedules', 'trigger', 'janitor'], 'actOnSchedule', { id: 'schedule-janitor', action: 'trigger' }],
  ])('%j', async (argv, name, request) => {
    const { code, text } = await run(...argv);
    expect(text).not.toBe('');
    expect(code).toBe(0);
    expect(asked()).toMatchObject({ name, request });
  });

  it.each<[string[], string, unknown]>([
    [
      ['presets', 'register', 'hmm', 'BTC/USDT', 'calm', '--params', '{"threshold":0.6}'],
      'register',
      { strategy: 'hmm', instrument: 'BTCUSDT', presetId: 'calm', params: { threshold: 0.6 } },
    ],
    [
      ['presets', 'retire', 'hmm', 'BTCUSDT', 'calm', '--reason', 'worse'],
      'retire',
      { presetId: 'calm', reason: 'worse' },
    ],
    [['presets', 'pin', 'hmm', 'BTCUSDT', 'calm', '--reason', 'news'], 'pin', { presetId: 'calm' }],
    [['presets', 'pin', 'hmm', 'BTCUSDT', '--off', '--reason', 'over'], 'pin', { presetId: null }],
    [
      ['kill', 'trading', '--strategy', 'hmm', '--state', 'REDUCING', '--reason', 'news'],
      'kill',
      { strategy: 'hmm', state: 'REDUCING', reason: 'news' },
    ],
    [['resume', 'trading', '--reason', 'over'], 'resume', { reason: 'over' }],
  ])('%j', async (argv, name, request) => {
    const { code, text } = await run(...argv);
    expect(text).not.toBe('');
    expect(code).toBe(0);
    expect(askedOfController()).toMatchObject({ name, request });
  });
});

describe('people read', () => {
  it('the loop at a glance', async () => {
    const { code, text } = await run('status');
    expect(code).toBe(0);
    expect(text).toContain('model     v1');
    expect(text).toMatch(/binance:BTC\/USDT:1h {2}1970-02-11 16:00 +\d+ candles/);
    expect(text).toContain('files     downloaded 1, processing 0');
    expect(text).toContain('training  active');
  });

  it('what is wrong first, and the rest also where Temporal is away', async () => {
    const away = new ApiError(503, 'TemporalUnavailable', 'no connection to Temporal at x');
    const { app } = appWith({
      models: {
        ...fixedModels(undefined),
        problem: () => ({ target: 'v9', detail: 'its checksum differs' }),
      },
      training: { ...appWith().deps.training, workflows: () => Promise.reject(away) },
    });
    const broken = await listen(app, { host: '127.0.0.1', ports: [0] });
    const { code, text } = await autotrainCommand(['status', '--url', broken.url], {});
    await broken.stop();
    expect(code).toBe(0);
    expect(text.indexOf('has stored')).toBeLessThan(text.indexOf('model  '));
    expect(text).toContain('none serves yet');
    expect(text).toContain('v9 is refused: its checksum differs');
    expect(text).toContain('runs: unknown, no connection to Temporal at x');
  });

  it('runs that are news, before the routine that started after them', async () => {
    const run = (type: string, id: string, routine: boolean): WorkflowSummary => ({
      ...{ id, runId: id, type, status: 'COMPLETED', routine, startedAt: 0, ms: 1 },
      ...{ stage: null, attempts: 1, progress: [], url: null },
    });
    const routine = Array.from({ length: 9 }, (_, index) => run('ingest', `ingest-${index}`, true));
    const news = [run('janitor', 'failed', false), run('retrain', 'retrain', false)];
    const { app } = appWith({
      training: {
        ...appWith().deps.training,
        workflows: () => Promise.resolve([...routine, ...news]),
      },
    });
    const busy = await listen(app, { host: '127.0.0.1', ports: [0] });
    const { code, text } = await autotrainCommand(['status', '--url', busy.url, '--json'], {});
    await busy.stop();
    expect(code).toBe(0);
    const { runs } = JSON.parse(text) as { runs: { id: string }[] };
    expect(runs.map(({ id }) => id)).toEqual([
      ...['failed', 'retrain'],
      ...['ingest-0', 'ingest-1', 'ingest-2', 'ingest-3', 'ingest-4', 'ingest-5'],
    ]);
  });

  it('versions with a star at what serves, and a report', async () => {
    expect((await run('models')).text).toMatch(/version +made \(UTC\) +states.*\n +v2 .*\n\* {2}v1 /);
    expect((await run('model')).text).toMatch(/^version +v1 {2}\(serves\)/);
    expect((await run('model', 'v2')).text).toMatch(/^version +v2$/m);
  });

  it('the regime of a symbol', async () => {
    const { text } = await run('predict', 'BTC/USDT');
    expect(text).toMatch(/^binance:BTC\/USDT:1h at .* UTC: [A-Z_0-9]+ {2}\(v1\)/);
    expect(text).toMatch(/BULL +\d+\.\d %/);
  });

  it('what is stored, and the gaps in it', async () => {
    const { code, text } = await run('ledger', 'show');
    expect(code).toBe(0);
    expect(text).toMatch(/^files {2}downloaded 1, processing 0/);
    expect(text).toMatch(/binance:BTC\/USDT:1h +1000 +1970-02-11 16:00 +\d+ candles/);
    expect(text).toContain('no file is quarantined');
    const gaps = await run('ledger', 'gaps', '--series', 'BTC/USDT', '--limit', '5');
    expect(gaps.code).toBe(0);
    expect(gaps.text).toMatch(/binance:BTC\/USDT:1h +1970-.* open /);
    expect(await run('ledger', 'gaps', '--limit', '0')).toMatchObject({ code: 2 });
  });

  it('an address where nobody has a desktop', async () => {
    expect(await run('open')).toMatchObject({ code: 0, text: `${server.url}/` });
    expect((await run('open', 'temporal')).text).toContain('TEMPORAL_UI_URL');
  });
});

describe('programs read one object', () => {
  it.each([
    ['status'],
    ['ingest'],
    ['ingest', '--no-wait'],
    ['train'],
    ['promote', 'v2'],
    ['rollback'],
    ['models'],
    ['model'],
    ['presets', 'list'],
    ['presets', 'list', 'hmm', 'BTCUSDT'],
    ['schedules', 'list'],
    ['predict', 'BTC/USDT'],
    ['kill', 'trading', '--reason', 'x'],
    ['ledger', 'show'],
    ['ledger', 'gaps'],
    ['open'],
    ['completion', 'bash'],
    ['--help'],
    ['help', 'train'],
    ['--version'],
  ])('%s %s', async (...argv) => {
    const { code, text } = await run(...argv.filter((word) => word !== undefined), '--json');
    expect(JSON.parse(text)).toMatchObject({ ok: true });
    expect(code).toBe(0);
  });

  it.each([[['promote', 'none']], [['what']], [['ledger']], [['train', '--n-states', '1']], [['kill']]])(
    'also of a refusal: %j',
    async (argv) => {
      const { code, text } = await run(...argv, '--json');
      expect(JSON.parse(text)).toMatchObject({ ok: false, reason: expect.any(String) });
      expect(code).toBeGreaterThan(0);
    },
  );
});

describe('a refusal', () => {
  it('says what, where, and what is allowed', async () => {
    const { code, text } = await run('promote', 'none');
    expect(code).toBe(1);
    expect(text).toBe('no version none\n  POST /model/promote answered 404 UnknownVersion');
    expect(JSON.parse((await run('promote', 'none', '--json')).text)).toMatchObject({
      ...{ ok: false, status: 404, code: 'UnknownVersion', detail: 'no version none' },
    });
  });

  it('of an ingest: a series that failed beside one that did not is exit code 1', async () => {
    const series = [
      { series: 'a', downloaded: 3, watermark: 0, gaps: [] },
      { series: 'b', downloaded: 0, watermark: 0, gaps: [], error: 'ExchangeRestricted: no' },
    ];
    const answer = { downloaded: 3, series, workflow_ids: [] };
    const { app } = appWith({
      training: { ...appWith().deps.training, ingestOnce: async () => answer },
    });
    const half = await listen(app, { host: '127.0.0.1', ports: [0] });
    const { code, text } = await autotrainCommand(['ingest', '--url', half.url], {});
    await half.stop();
    expect(code).toBe(1);
    expect(text).toContain('FAILED: ExchangeRestricted: no');
    expect(text).toContain('3 candles stored');
  });

  it('of a gateway that is not there says where, and what to start', async () => {
    const port = await freePort();
    const { code, text } = await autotrainCommand(['status'], { PORT: String(port) });
    expect(code).toBe(1);
    expect(text).toContain(`no gateway answers at http://127.0.0.1:${port}: ECONNREFUSED`);
    expect(text).toMatch(/npm start.*--url/);
  });

  it.each([
    [['satus'], 'Did you mean status?'],
    [['ledger', 'snapshots'], 'Did you mean snapshot?'],
  ])('of an unknown command names the near one: %j', async (argv, near) => {
    const { code, text } = await run(...argv);
    expect(code).toBe(2);
    expect(text).toContain(near);
  });

  it.each([
    [['status', '--url', 'nowhere'], '--url is an http:// or https:// address'],
    [['status', '--url', 'http://u:secret@127.0.0.1'], '--url holds no user and password'],
    [['why', 'x', '--url', 'http://127.0.0.1'], '--url is for a gateway'],
    [['presets', 'register', 's', 'i', 'p', '--params', '[]'], 'is a JSON object'],
    [['presets', 'pin', 's', 'i', '--reason', 'r'], 'name the preset to pin, or give --off'],
    [['models', '--limit', '0'], '--limit is a whole number from 1'],
    [['up', '--json'], '--json needs --once'],
  ])('of wrong use: %j', async (argv, reason) => {
    const { code, text } = await run(...argv);
    expect(code).toBe(2);
    expect(text).toContain(reason);
    expect(text).not.toContain('secret');
  });
});

describe('a gateway that asks for credentials', () => {
  const ask = (argv: string[], env: Record<string, string> = {}) =>
    autotrainCommand([...argv, '--url', guarded.url], env);

  it.each<[string, string[], Record<string, string>]>([
    ['by flag', ['--api-key', adminKey], {}],
    ['by environment', [], { AUTOTRAIN_API_KEY: adminKey }],
    ['by flag, whatever the environment has', ['--api-key', adminKey], { AUTOTRAIN_API_KEY: 'another' }],
  ])('answers the right key, %s', async (_, argv, env) => {
    const { code, text } = await ask(['promote', 'v2', ...argv], env);
    expect(text).toContain('kind promote');
    expect(code).toBe(0);
    expect(text).not.toContain(adminKey);
  });

  it.each<[string, string[], string]>([
    ['no key', [], 'an X-API-Key or a bearer token is needed'],
    ['a wrong key', ['--api-key', 'wrong-key-of-this-test'], 'unknown API key'],
    ['a token that is none', ['--token', 'wrong-token-of-this-test'], 'answered 401'],
    ['a key of another role', ['--api-key', readerKey], 'needs the role admin'],
  ])('refuses %s, and shows none of it', async (_, argv, reason) => {
    for (const json of [[], ['--json']]) {
      const { code, text } = await ask(['promote', 'v2', ...argv, ...json]);
      expect(code).toBe(1);
      expect(text).toContain(json.length > 0 ? '"ok":false' : reason);
      for (const secret of [...argv.slice(1), readerKey]) expect(text).not.toContain(secret);
    }
  });
});
