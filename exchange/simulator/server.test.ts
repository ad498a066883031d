import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import { createClock } from './clock.ts';
import { faultKinds } from './faults.ts';
import { type Simulator, type SimulatorOptions, startSimulator } from './server.ts';
import { syntheticSource } from './synthetic.ts';

const minute = 60_000;
const anchorMs = Date.UTC(2024, 0, 15);
const source = syntheticSource({ seed: 1, anchorMs });
const fixtures = JSON.parse(
  readFileSync(new URL('../../../shared/data/exchange/klines_ccxt_fixtures.json', import.meta.url), 'utf8'),
);

const running: Simulator[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((simulator) => simulator.close()));
});

const start = async (options: Partial<SimulatorOptions> = {}): Promise<Simulator> => {
  const simulator = await startSimulator({ source, ...options });
  running.push(simulator);
  return simulator;
};

type Row = [openTimeMs: number, ...rest: (string | number)[]];
/** The parts of any answer that the tests look at. */
interface Body {
  readonly code: number;
  readonly msg: string;
  readonly symbols: { symbol: string; status: string; filters: object[] }[];
  readonly nowMs: number;
  readonly speed: number;
  readonly faults: object;
}
const get = async (simulator: Simulator, path: string) => {
  const response = await fetch(`${simulator.url}${path}`);
  return { status: response.status, headers: response.headers, body: (await response.json()) as Body };
};
const rows = async (simulator: Simulator, query: string): Promise<Row[]> =>
  (await get(simulator, `/api/v3/klines?symbol=BTCUSDT&interval=1m&${query}`)).body as unknown as Row[];
const opens = async (simulator: Simulator, query: string) =>
  (await rows(simulator, query)).map(([openTimeMs]) => openTimeMs);
const post = async (simulator: Simulator, path: string, body: unknown) => {
  const response = await fetch(`${simulator.url}${path}`, { method: 'POST', body: JSON.stringify(body) });
  return { status: response.status, body: (await response.json()) as Body };
};

describe('which klines are selected', () => {
  const t = (n: number) => anchorMs - n * minute;

  test('500 by default, 1000 at most, ascending', async () => {
    const simulator = await start();
    expect(await rows(simulator, '')).toHaveLength(500);
    const most = await opens(simulator, 'limit=5000');
    expect(most).toHaveLength(1000);
    expect(most).toEqual([...most].sort((a, b) => a - b));
  });

  test('without times: the latest, the forming one last', async () => {
    const simulator = await start({ clock: createClock({ startMs: anchorMs + 1 }) });
    expect(await opens(simulator, 'limit=3')).toEqual([t(2), t(1), t(0)]);
  });

  test('startTime and endTime are both inside, and startTime is not rounded', async () => {
    const simulator = await start();
    expect(await opens(simulator, `startTime=${t(5)}&endTime=${t(3)}`)).toEqual([t(5), t(4), t(3)]);
    expect(await opens(simulator, `startTime=${t(5) + 1}&endTime=${t(3) - 1}`)).toEqual([t(4)]);
    expect(await opens(simulator, `startTime=${t(50)}&endTime=${t(3)}&limit=2`)).toEqual([t(50), t(49)]);
    expect(await opens(simulator, `endTime=${t(3)}&limit=2`)).toEqual([t(4), t(3)]);
    expect(await opens(simulator, 'startTime=0&limit=1')).toEqual([source.firstMs]);
  });

  test.each([
    ['endTime before startTime', `startTime=${t(3)}&endTime=${t(5)}`],
    ['times in seconds', `startTime=${t(5) / 1000}&endTime=${t(3) / 1000}`],
    ['endTime in seconds', `endTime=${t(3) / 1000}`],
    ['the future', `startTime=${anchorMs + 10 * minute}`],
  ])('%s: an empty list', async (_, query) => {
    expect(await rows(await start(), query)).toEqual([]);
  });
});

describe('what a kline looks like', () => {
  test('cell by cell as Binance recorded it', async () => {
    const recorded: Row = fixtures.cases[0].httpResponse[0];
    const [row] = await rows(await start(), `startTime=${source.firstMs}&limit=1`);
    const shape = (cells: Row | undefined) =>
      cells?.map((cell) => `${typeof cell} ${String(cell).split('.')[1]?.length ?? 0}`);
    expect(shape(row)).toEqual(shape(recorded));
    expect(row?.[6]).toBe(source.firstMs + minute - 1);
    expect(row?.[11]).toBe('0');
  });

  test('the forming candle grows, and nothing but its values says that it is not final', async () => {
    const simulator = await start({ clock: createClock({ startMs: anchorMs + minute / 4 }) });
    const [early] = await rows(simulator, `startTime=${anchorMs}`);
    simulator.clock.advanceBy(minute / 2);
    const [late] = await rows(simulator, `startTime=${anchorMs}`);
    simulator.clock.advanceTo(anchorMs + minute);
    const [final] = await rows(simulator, `startTime=${anchorMs}&limit=1`);
    const volumes = [early, late, final].map((row) => Number(row?.[5]));
    expect(volumes).toEqual([...volumes].sort((a, b) => a - b));
    expect(new Set(volumes).size).toBe(3);
    expect([early, late].map((row) => row?.[6])).toEqual([final?.[6], final?.[6]]);
    expect(Number(late?.[2])).toBeLessThanOrEqual(Number(final?.[2]));
    expect(early).toHaveLength(12);
  });
});

describe('refusals', () => {
  test.each([
    ['symbol=NOPEUSDT&interval=1m', -1121, 'Invalid symbol.'],
    ['symbol=BTCUSDT&interval=7m', -1120, 'Invalid interval.'],
    ['interval=1m', -1102, "Mandatory parameter 'symbol' was not sent, was empty/null, or malformed."],
    ['symbol=BTCUSDT', -1102, "Mandatory parameter 'interval' was not sent, was empty/null, or malformed."],
    [
      'symbol=BTC/USDT&interval=1m',
      -1100,
      "Illegal characters found in parameter 'symbol'; legal range is '^[A-Z0-9\\-_.]{1,20}$'.",
    ],
    [
      'symbol=BTCUSDT&interval=1m&endTime=1e9',
      -1100,
      "Illegal characters found in parameter 'endTime'; legal range is '^[0-9]{1,20}$'.",
    ],
    [
      'symbol=BTCUSDT&interval=1m&startTime=-5',
      -1100,
      "Illegal characters found in parameter 'startTime'; legal range is '^[0-9]{1,20}$'.",
    ],
    [
      'symbol=BTCUSDT&interval=1m&a=1&b=2',
      -1104,
      "Not all sent parameters were read; read '2' parameter(s) but was sent '4'.",
    ],
    ['symbol=BTCUSDT&interval=1m&limit=0', -1130, "Data sent for parameter 'limit' is not valid."],
  ])('%s', async (query, code, msg) => {
    const { status, body, headers } = await get(await start(), `/api/v3/klines?${query}`);
    expect({ status, body }).toEqual({ status: 400, body: { code, msg } });
    expect(headers.get('x-mbx-used-weight-1m')).toBe('2');
  });

  test('other paths and methods', async () => {
    const simulator = await start();
    expect((await fetch(`${simulator.url}/api/v3/nothing`)).status).toBe(404);
    expect((await fetch(`${simulator.url}/api/v3/klines`, { method: 'POST' })).status).toBe(405);
    expect((await get(simulator, '/api/v3/exchangeInfo?symbol=NOPE')).body.code).toBe(-1121);
  });
});

test('ping, time and exchangeInfo', async () => {
  const simulator = await start();
  expect((await get(simulator, '/api/v3/ping')).body).toEqual({});
  expect((await get(simulator, '/api/v3/time')).body).toEqual({ serverTime: anchorMs });
  const { body } = await get(simulator, '/api/v3/exchangeInfo');
  expect(body.symbols.map(({ symbol, status }) => [symbol, status])).toEqual([
    ['BTCUSDT', 'TRADING'],
    ['ETHUSDT', 'TRADING'],
  ]);
  expect(body.symbols[0]?.filters[0]).toMatchObject({ filterType: 'PRICE_FILTER', tickSize: '0.01000000' });
});

describe('weights', () => {
  test('each path weighs what Binance says, on every answer', async () => {
    const simulator = await start();
    const paths = ['ping', 'time', 'exchangeInfo', 'klines?symbol=BTCUSDT&interval=1m', 'klines'];
    const used: (string | null)[] = [];
    for (const path of paths)
      used.push((await get(simulator, `/api/v3/${path}`)).headers.get('X-MBX-USED-WEIGHT-1M'));
    expect(used).toEqual(['1', '2', '22', '24', '26']);
  });

  test('beyond the limit 429 with Retry-After, and going on leads to 418', async () => {
    const simulator = await start({ weightLimit: 20 });
    await get(simulator, '/api/v3/exchangeInfo');
    const refused = await get(simulator, '/api/v3/time');
    expect(refused.status).toBe(429);
    expect(refused.body.code).toBe(-1003);
    expect(Number(refused.headers.get('Retry-After'))).toBeGreaterThan(0);
    expect(Number(refused.headers.get('Retry-After'))).toBeLessThanOrEqual(60);
    for (let i = 0; i < 10; i++) await get(simulator, '/api/v3/time');
    const banned = await get(simulator, '/api/v3/time');
    expect(banned.status).toBe(418);
    expect(Number(banned.headers.get('Retry-After'))).toBeGreaterThan(100);
    expect(banned.body.msg).toMatch(/IP banned until \d{13}/);
    expect((await get(simulator, '/__sim/state')).status).toBe(200);
  });
});

describe('control', () => {
  test('the clock is advanced, sped up and frozen by request, and never set back', async () => {
    const simulator = await start();
    expect((await post(simulator, '/__sim/clock', { advanceTo: anchorMs + 5 * minute })).body.nowMs).toBe(
      anchorMs + 5 * minute,
    );
    expect((await post(simulator, '/__sim/clock', { advanceBy: minute })).body.nowMs).toBe(
      anchorMs + 6 * minute,
    );
    expect((await post(simulator, '/__sim/clock', { advanceTo: anchorMs })).status).toBe(400);
    expect((await post(simulator, '/__sim/clock', { frozen: false })).body.speed).toBe(1);
    expect((await post(simulator, '/__sim/clock', { speed: 1000 })).body.speed).toBe(1000);
    expect((await post(simulator, '/__sim/clock', { frozen: true })).body.speed).toBe(0);
  });

  test('typos and nonsense are refused', async () => {
    const simulator = await start();
    expect(await post(simulator, '/__sim/clock', { advanceto: 1 })).toMatchObject({
      status: 400,
      body: { detail: expect.stringContaining('advanceto') },
    });
    expect((await post(simulator, '/__sim/clock', { advanceBy: '5' })).status).toBe(400);
    expect((await post(simulator, '/__sim/faults', { kind: 'nope' })).status).toBe(400);
    expect((await post(simulator, '/__sim/faults', { kind: 'answer' })).status).toBe(400);
    expect((await post(simulator, '/__sim/nothing', {})).status).toBe(404);
  });

  test('faults strike in order, as often as asked, and can be cleared', async () => {
    const simulator = await start();
    await post(simulator, '/__sim/faults', [
      { kind: 'rate-limit', times: 2, symbol: 'ETHUSDT' },
      { kind: 'restricted', path: '/time' },
    ]);
    const status = async (path: string) => (await fetch(`${simulator.url}${path}`)).status;
    const eth = '/api/v3/klines?symbol=ETHUSDT&interval=1m';
    expect(await status('/api/v3/klines?symbol=BTCUSDT&interval=1m')).toBe(200);
    expect([await status(eth), await status(eth), await status(eth)]).toEqual([429, 429, 200]);
    expect([await status('/api/v3/time'), await status('/api/v3/time')]).toEqual([451, 200]);
    await post(simulator, '/__sim/faults', { kind: 'error-html', probability: 1 });
    expect([await status(eth), await status(eth)]).toEqual([502, 502]);
    await post(simulator, '/__sim/faults', { clear: true });
    expect(await status(eth)).toBe(200);
    expect((await get(simulator, '/__sim/state')).body.faults).toEqual({ struck: 5, waiting: [] });
  });

  test('faults by chance are the same for the same seed', async () => {
    const strikes = async (faultSeed: number) => {
      const simulator = await start({ faults: [{ kind: 'error-json', probability: 0.3 }], faultSeed });
      const found: number[] = [];
      for (let i = 0; i < 60; i++) found.push((await fetch(`${simulator.url}/api/v3/ping`)).status);
      return found;
    };
    const first = await strikes(1);
    expect(await strikes(1)).toEqual(first);
    expect(await strikes(2)).not.toEqual(first);
    expect(first.filter((status) => status === 500).length).toBeGreaterThan(8);
    expect(first.filter((status) => status === 500).length).toBeLessThan(30);
  });

  test('every kind of fault spoils the answer or its sending', async () => {
    const simulator = await start();
    const klines = `${simulator.url}/api/v3/klines?symbol=BTCUSDT&interval=1m&limit=10`;
    const outcome = async () => {
      const response = await fetch(klines, { signal: AbortSignal.timeout(300) });
      return `${response.status} ${await response.text()}`;
    };
    const whole = await outcome();
    for (const kind of faultKinds) {
      const answer = { status: 200, headers: {}, body: 'x' };
      simulator.faults.add(kind === 'answer' ? { kind, answer } : { kind });
      expect(await outcome().catch(() => 'broken'), kind).not.toBe(whole);
      expect(await outcome(), kind).toBe(whole);
    }
  });
});

test('a taken port is an error of the start', async () => {
  const simulator = await start();
  await expect(startSimulator({ source, port: simulator.port })).rejects.toMatchObject({
    code: 'EADDRINUSE',
  });
});
