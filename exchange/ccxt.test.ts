import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import { parseSeries } from '../series.ts';
import { createCcxtExchange } from './ccxt.ts';
import type { Candle, Exchange } from './exchange.ts';
import type { Answer } from './simulator/answers.ts';
import { createClock } from './simulator/clock.ts';
import type { Fault } from './simulator/faults.ts';
import { replaySource } from './simulator/replay.ts';
import { type Simulator, type SimulatorOptions, startSimulator } from './simulator/server.ts';
import { syntheticSource } from './simulator/synthetic.ts';

const data = new URL('../../shared/data/', import.meta.url);
const minute = 60_000;
const anchorMs = Date.UTC(2024, 0, 15);
const source = syntheticSource({ seed: 7, anchorMs });
const btc = parseSeries('binance:BTC/USDT:1m');
const eth = parseSeries('binance:ETH/USDT:1m');

const running: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((one) => one.close()));
});

const start = async (
  options: Partial<SimulatorOptions> = {},
  timeoutMs = 2000,
): Promise<[Simulator, Exchange]> => {
  const simulator = await startSimulator({ source, ...options });
  const exchange = await createCcxtExchange({ id: 'binance', baseUrl: simulator.url, timeoutMs });
  running.push(exchange, simulator);
  return [simulator, exchange];
};

const fromStart = { series: btc, sinceMs: source.firstMs, limit: 10 };

/** An exchange whose markets are loaded already, so that faults hit the candles. */
const startLoaded = async (options: Partial<SimulatorOptions> = {}, timeoutMs = 2000) => {
  const pair = await start(options, timeoutMs);
  await pair[1].fetchCandles(fromStart);
  return pair;
};

const withFault = async (fault: Fault) => {
  const [simulator, exchange] = await startLoaded();
  simulator.faults.add({ path: '/klines', ...fault });
  return exchange;
};

const readAll = async (exchange: Exchange, series = btc, sinceMs = 0, limit = 1000): Promise<Candle[]> => {
  const all: Candle[] = [];
  for (let from = sinceMs, caughtUp = false; !caughtUp; from = (all.at(-1)?.[0] ?? from) + 1) {
    const page = await exchange.fetchCandles({ series, sinceMs: from, limit });
    all.push(...page.candles);
    caughtUp = page.caughtUp;
  }
  return all;
};

describe('pages', () => {
  test('candles come closed, ascending, in canonical decimals, with the clock they were read at', async () => {
    const [simulator, exchange] = await start({ clock: createClock({ startMs: anchorMs + 30_000 }) });
    const page = await exchange.fetchCandles({ series: btc, sinceMs: anchorMs - 3 * minute, limit: 10 });
    expect(page.candles.map(([openTimeMs]) => openTimeMs)).toEqual(
      [3, 2, 1].map((n) => anchorMs - n * minute),
    );
    expect(page.candles).toEqual(
      source.candles({
        symbol: 'BTCUSDT',
        timeframe: '1m',
        fromMs: anchorMs - 3 * minute,
        toMs: anchorMs - 1,
        limit: 9,
        keep: 'first',
      }),
    );
    expect(page).toMatchObject({ exchangeTimeMs: anchorMs + 30_000, caughtUp: true });
    expect(simulator.requests).toEqual({ '/api/v3/exchangeInfo': 1, '/api/v3/time': 1, '/api/v3/klines': 1 });
  });

  test('the forming candle is given once it has closed, with its final values', async () => {
    const [simulator, exchange] = await start({ clock: createClock({ startMs: anchorMs + 30_000 }) });
    const request = { series: btc, sinceMs: anchorMs, limit: 10 };
    expect((await exchange.fetchCandles(request)).candles).toEqual([]);
    simulator.clock.advanceTo(anchorMs + minute);
    const [candle] = (await exchange.fetchCandles(request)).candles;
    expect(candle).toEqual(
      source.candles({
        symbol: 'BTCUSDT',
        timeframe: '1m',
        fromMs: anchorMs,
        toMs: anchorMs,
        limit: 1,
        keep: 'first',
      })[0],
    );
  });

  test('a candle that closes between the two requests is never given half formed', async () => {
    let nowMs = anchorMs;
    const ticking = { ...createClock({ startMs: 0 }), now: () => (nowMs += 20_000) };
    const [, exchange] = await start({ clock: ticking });
    const range = { symbol: 'BTCUSDT', timeframe: '1m', fromMs: anchorMs, limit: 20, keep: 'first' } as const;
    for (let i = 0; i < 12; i++) {
      const { candles } = await exchange.fetchCandles({ series: btc, sinceMs: anchorMs, limit: 20 });
      expect(candles).toEqual(source.candles({ ...range, toMs: anchorMs + (candles.length - 1) * minute }));
    }
    expect(nowMs).toBeGreaterThan(anchorMs + 6 * minute);
  });

  test('a full page is not the end; limits above 1000 are cut, and still the end is found', async () => {
    const [, exchange] = await start();
    const page = await exchange.fetchCandles({ ...fromStart, limit: 5000 });
    expect(page.candles).toHaveLength(1000);
    expect(page.caughtUp).toBe(false);
    expect(await readAll(exchange, eth)).toHaveLength(20_160);
  });

  test('untilMs is the last open time that is given', async () => {
    const [, exchange] = await start();
    const page = await exchange.fetchCandles({ ...fromStart, untilMs: source.firstMs + 2 * minute });
    expect(page.candles.map(([openTimeMs]) => openTimeMs - source.firstMs)).toEqual([0, minute, 2 * minute]);
    expect(page.caughtUp).toBe(true);
  });

  test('the first candle at or after a time; none where there is none', async () => {
    const [, exchange] = await start();
    expect(await exchange.firstCandleTimeMs({ series: btc, sinceMs: 0 })).toBe(source.firstMs);
    expect(await exchange.firstCandleTimeMs({ series: btc, sinceMs: source.firstMs + 1 })).toBe(
      source.firstMs + minute,
    );
    expect(await exchange.firstCandleTimeMs({ series: btc, sinceMs: anchorMs + minute })).toBeUndefined();
  });

  test('a limit that is no count is refused before anything is asked', async () => {
    const [simulator, exchange] = await startLoaded();
    const before = { ...simulator.requests };
    await expect(exchange.fetchCandles({ ...fromStart, limit: 0 })).rejects.toMatchObject({
      kind: 'BadRequest',
    });
    expect(simulator.requests).toEqual(before);
  });

  test('3.5 real years of hours arrive whole, gaps and all', async () => {
    const folder = new URL('candles', data).pathname;
    const [simulator, exchange] = await start({ source: replaySource({ folder, timeframe: '1h' }) });
    const started = performance.now();
    const candles = await readAll(exchange, parseSeries('binance:BTC/USDT:1h'));
    const steps = candles
      .slice(1)
      .map(([openTimeMs], i) => (openTimeMs - (candles[i]?.[0] ?? 0)) / 3_600_000);
    expect(candles).toHaveLength(30_634);
    expect(steps.filter((step) => step > 1)).toHaveLength(7);
    expect(steps.reduce((missing, step) => missing + step - 1, 0)).toBe(14);
    expect((candles.at(-1)?.[0] ?? 0) + 3_600_000).toBe(1_719_792_000_000);
    expect(simulator.requests['/api/v3/klines']).toBe(31);
    expect(performance.now() - started).toBeLessThan(20_000);
  });
});

describe('what CCXT hides or mistakes', () => {
  test.each<[string, Fault, object]>([
    ['a success that is HTML', { kind: 'html' }, { kind: 'BadAnswer' }],
    ['a success that is an empty object', { kind: 'empty-object' }, { kind: 'BadAnswer' }],
    ['a success whose JSON is cut', { kind: 'cut-json' }, { kind: 'BadAnswer' }],
    [
      'a success that is empty',
      { kind: 'answer', answer: { status: 200, headers: {}, body: '' } },
      { kind: 'BadAnswer' },
    ],
    [
      'a success that is an object of something else',
      { kind: 'answer', answer: { status: 200, headers: {}, body: '{"rows":[]}' } },
      { kind: 'BadAnswer' },
    ],
    ['a connection cut in the body', { kind: 'cut-connection' }, { kind: 'Unavailable' }],
    [
      '429 with its Retry-After',
      { kind: 'rate-limit', retryAfterMs: 29_000 },
      { kind: 'RateLimited', retryAfterMs: 29_000 },
    ],
    [
      '418 with its Retry-After',
      { kind: 'ban', retryAfterMs: 120_000 },
      { kind: 'RateLimited', retryAfterMs: 120_000 },
    ],
    ['-1000 in a 500', { kind: 'error-json' }, { kind: 'Unavailable' }],
    ['-1001 in a 503', { kind: 'busy-json' }, { kind: 'Unavailable' }],
    ['-1007 in a 504', { kind: 'timeout-json' }, { kind: 'Unavailable' }],
    ['502 with HTML', { kind: 'error-html' }, { kind: 'Unavailable' }],
    ['a firewall: 403 with HTML', { kind: 'forbidden-html' }, { kind: 'Unavailable', retryAfterMs: 60_000 }],
    ['451', { kind: 'restricted' }, { kind: 'Restricted' }],
  ])('%s', async (_, fault, expected) => {
    const exchange = await withFault(fault);
    await expect(exchange.fetchCandles(fromStart)).rejects.toMatchObject({
      name: 'ExchangeError',
      ...expected,
    });
    expect((await exchange.fetchCandles(fromStart)).candles).toHaveLength(10);
  });

  test('Retry-After as a date', async () => {
    const at = new Date(Date.now() + 40_000).toUTCString();
    const exchange = await withFault({
      kind: 'answer',
      answer: { status: 429, headers: { 'Retry-After': at }, body: '' },
    });
    const error = await exchange.fetchCandles(fromStart).catch((thrown) => thrown);
    expect(error.retryAfterMs).toBeGreaterThan(35_000);
    expect(error.retryAfterMs).toBeLessThanOrEqual(40_000);
  });

  test('the simulator refuses connections: unavailable, not a bug', async () => {
    const [simulator, exchange] = await startLoaded();
    await simulator.close();
    await expect(exchange.fetchCandles(fromStart)).rejects.toMatchObject({ kind: 'Unavailable' });
  });

  test.each<Fault>([{ kind: 'slow', delayMs: 5000 }, { kind: 'stall' }])(
    '$kind: the timeout holds for the body too',
    async (fault) => {
      const [simulator, exchange] = await startLoaded({}, 300);
      simulator.faults.add({ ...fault, path: '/klines' });
      const started = performance.now();
      await expect(exchange.fetchCandles(fromStart)).rejects.toMatchObject({ kind: 'Unavailable' });
      expect(performance.now() - started).toBeLessThan(2500);
    },
  );

  test.each<Fault['kind']>(['error-html', 'html', 'empty-object', 'cut-json'])(
    'a failed list of markets (%s) is not remembered',
    async (kind) => {
      const [simulator, exchange] = await start();
      simulator.faults.add({ kind, path: '/exchangeInfo' });
      await expect(exchange.fetchCandles(fromStart)).rejects.toMatchObject({ name: 'ExchangeError' });
      expect((await exchange.fetchCandles(fromStart)).candles).toHaveLength(10);
    },
  );

  test('calls at the same time share one list of markets', async () => {
    const [simulator, exchange] = await start();
    await Promise.all([btc, eth, btc].map((series) => exchange.fetchCandles({ ...fromStart, series })));
    expect(simulator.requests['/api/v3/exchangeInfo']).toBe(1);
  });

  test("calls at the same time do not see each other's failures", async () => {
    const [simulator, exchange] = await startLoaded();
    simulator.faults.add({ kind: 'rate-limit', symbol: 'ETHUSDT', times: 5, retryAfterMs: 7000 });
    const results = await Promise.allSettled(
      [eth, btc, eth, btc].map((series) => exchange.fetchCandles({ ...fromStart, series })),
    );
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'rejected', 'fulfilled']);
  });

  test('an unknown symbol is terminal and asks for no candles, nor again for the list', async () => {
    const [simulator, exchange] = await start();
    const unknown = { ...fromStart, series: parseSeries('binance:NOPE/USDT:1m') };
    await expect(exchange.fetchCandles(unknown)).rejects.toMatchObject({ kind: 'BadSymbol' });
    await expect(exchange.fetchCandles(unknown)).rejects.toMatchObject({ kind: 'BadSymbol' });
    expect(simulator.requests).toEqual({ '/api/v3/exchangeInfo': 1 });
  });

  test('a timeframe that the exchange does not have is refused before anything is asked', async () => {
    const kraken = await createCcxtExchange({ id: 'kraken', baseUrl: 'http://127.0.0.1:9' });
    const request = { ...fromStart, series: parseSeries('kraken:BTC/USDT:3m') };
    await expect(kraken.fetchCandles(request)).rejects.toMatchObject({ kind: 'BadRequest' });
  });

  test('an exchange that CCXT does not know is named', async () => {
    await expect(createCcxtExchange({ id: 'nosuchexchange' })).rejects.toMatchObject({
      kind: 'BadRequest',
      message: expect.stringContaining('nosuchexchange'),
    });
    await expect(createCcxtExchange({ id: '../base/Exchange' })).rejects.toMatchObject({
      kind: 'BadRequest',
    });
  });
});

describe('rows', () => {
  const t0 = source.firstMs;
  const kline = (openTimeMs: unknown, ...cells: unknown[]) => [
    openTimeMs,
    ...cells,
    t0 + minute - 1,
    '0',
    0,
    '0',
    '0',
    '0',
  ];
  const answering = (rows: unknown): Fault => ({
    kind: 'answer',
    answer: { status: 200, headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(rows) },
  });
  const flat = ['1.0', '1.0', '1.0', '1.0', '0.0'];

  test.each<[string, unknown[], string]>([
    ['a null price', [kline(t0, '1.0', null, '1.0', '1.0', '0.0')], 'BadCandle'],
    ['NaN as text', [kline(t0, '1.0', 'NaN', '1.0', '1.0', '0.0')], 'BadCandle'],
    ['a high below the low', [kline(t0, '1.0', '1.0', '2.0', '1.0', '0.0')], 'BadCandle'],
    ['an open time off the grid', [kline(t0 + 1, ...flat)], 'BadCandle'],
    ['no open time', [kline(t0, ...flat), kline(null, ...flat)], 'BadAnswer'],
    [
      'rows before the time that was asked for',
      [kline(t0 - minute, ...flat), kline(t0, ...flat)],
      'BadAnswer',
    ],
    ['null instead of a row', [null], 'BadAnswer'],
  ])('%s is refused', async (_, rows, kind) => {
    const exchange = await withFault(answering(rows));
    await expect(exchange.fetchCandles(fromStart)).rejects.toMatchObject({ kind });
  });

  test('repeated and misordered rows become one ascending candle each, the later copy winning', async () => {
    const later = ['1.0', '2.0', '1.0', '2.0', '3.0'];
    const exchange = await withFault(
      answering([kline(t0 + minute, ...flat), kline(t0, ...flat), kline(t0, ...later)]),
    );
    expect((await exchange.fetchCandles(fromStart)).candles).toEqual([
      [t0, '1', '2', '1', '2', '3'],
      [t0 + minute, '1', '1', '1', '1', '0'],
    ]);
  });

  test('long decimals lose no digit', async () => {
    const exchange = await withFault(
      answering([
        kline(t0, '0.00001234', '0.00001234', '0.00001234', '0.00001234', '1234567890123.45678901'),
      ]),
    );
    const [candle] = (await exchange.fetchCandles(fromStart)).candles;
    expect(candle).toEqual([
      t0,
      '0.00001234',
      '0.00001234',
      '0.00001234',
      '0.00001234',
      '1234567890123.45678901',
    ]);
  });
});

describe('cancelling', () => {
  test('an abort during a slow answer throws its own reason at once', async () => {
    const [simulator, exchange] = await startLoaded({}, 10_000);
    simulator.faults.add({ kind: 'slow', delayMs: 5000 });
    const started = performance.now();
    const signal = AbortSignal.timeout(100);
    await expect(exchange.fetchCandles({ ...fromStart, signal })).rejects.toMatchObject({
      name: 'TimeoutError',
    });
    expect(performance.now() - started).toBeLessThan(2000);
  });

  test('aborted beforehand: nothing is asked', async () => {
    const [simulator, exchange] = await start();
    const reason = new Error('the workflow was cancelled');
    await expect(exchange.fetchCandles({ ...fromStart, signal: AbortSignal.abort(reason) })).rejects.toBe(
      reason,
    );
    expect(simulator.requests).toEqual({});
  });
});

describe('every recorded answer of Binance is understood', () => {
  interface Recorded extends Answer {
    readonly name: string;
  }
  const recorded: Recorded[] = JSON.parse(readFileSync(new URL('exchange/errors.json', data), 'utf8'));
  const kinds: Record<string, string | undefined> = {
    ok_empty_end_before_start: undefined,
    too_many_weight_429: 'RateLimited',
    too_many_429_legacy: 'RateLimited',
    ip_banned_418: 'RateLimited',
    invalid_symbol: 'BadSymbol',
    invalid_interval: 'BadRequest',
    illegal_chars: 'BadRequest',
    mandatory_param: 'BadRequest',
    unread_params: 'BadRequest',
    futures_start_after_end: 'BadRequest',
    unknown_1000: 'Unavailable',
    disconnected_1001_503: 'Unavailable',
    timeout_1007: 'Unavailable',
    server_busy_1008: 'Unavailable',
    bad_gateway_502_html: 'Unavailable',
    restricted_451: 'Restricted',
    waf_403: 'Unavailable',
  };

  test.each(recorded)('$name', async ({ name, status, headers, body }) => {
    const exchange = await withFault({ kind: 'answer', answer: { status, headers, body } });
    const outcome = await exchange.fetchCandles(fromStart).catch((error) => error);
    expect(Object.keys(kinds)).toContain(name);
    expect(outcome.kind).toBe(kinds[name]);
    if (name === 'ok_empty_end_before_start') expect(outcome).toMatchObject({ candles: [], caughtUp: true });
    const asked = Number(headers['Retry-After']);
    if (asked) expect(outcome.retryAfterMs).toBe(asked * 1000);
  });
});
